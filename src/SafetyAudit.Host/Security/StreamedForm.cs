using System.Text;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Security;

/// <summary>
/// A form with a file, read as it arrives: the framework would first write the whole file to a temporary one, in the open. The fields, and the token against
/// forged requests among them, stand before the file, which is read straight from the connection.
/// </summary>
/// <param name="Fields">The fields before the file.</param>
/// <param name="FileName">Name of the file as the browser says it; null when none was chosen.</param>
/// <param name="File">The file's bytes.</param>
sealed record StreamedForm(IReadOnlyDictionary<string, string> Fields, string? FileName, Stream File)
{
    const int MostFields = 20, LongestField = 4096;

    /// <summary>Reads up to the file, and checks the token.</summary>
    /// <exception cref="BadHttpRequestException">It is no such form.</exception>
    /// <exception cref="AntiforgeryValidationException">The token is missing, forged, or comes after the file.</exception>
    public static async Task<StreamedForm> ReadAsync(HttpContext context, CancellationToken ct)
    {
        bool isForm = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);
        string boundary = isForm ? HeaderUtilities.RemoveQuotes(type!.Boundary).ToString() : "";
        if (boundary.Length is 0 or > 128) throw new BadHttpRequestException("The request is no form with a file.");
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        try
        {
            var reader = new MultipartReader(boundary, context.Request.Body);
            while (await reader.ReadNextSectionAsync(ct) is { } section)
            {
                if (section.GetContentDispositionHeader() is not { } disposition) throw new BadHttpRequestException("A part of the form has no name.");
                if (disposition.IsFileDisposition())
                {
                    await CheckTokenAsync(context, fields);
                    string name = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
                    return new(fields, name.Length > 0 ? name : null, section.Body);
                }
                if (fields.Count == MostFields) throw new BadHttpRequestException("The form has too many fields.");
                byte[] value = new byte[LongestField + 1];
                int length = await section.Body.ReadAtLeastAsync(value, value.Length, throwOnEndOfStream: false, ct);
                if (length > LongestField || value.AsSpan(0, length).Contains((byte)0)) throw new BadHttpRequestException("A field of the form is too long, or holds a NUL.");
                fields[HeaderUtilities.RemoveQuotes(disposition.Name).ToString()] = Encoding.UTF8.GetString(value, 0, length);
            }
        }
        catch (Exception malformed) when (malformed is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new BadHttpRequestException("The form can't be read.", malformed);
        }
        await CheckTokenAsync(context, fields);
        return new(fields, null, Stream.Null);
    }

    // The framework looks for the token in the header first; the form itself is not there for it to read.
    static Task CheckTokenAsync(HttpContext context, Dictionary<string, string> fields)
    {
        var antiforgery = context.RequestServices.GetRequiredService<IAntiforgery>();
        var names = antiforgery.GetTokens(context);
        context.Request.Headers[names.HeaderName!] = fields.GetValueOrDefault(names.FormFieldName, "none");
        return antiforgery.ValidateRequestAsync(context);
    }
}

/// <summary>
/// Leaves the form of a request unread, for <see cref="StreamedForm"/>, and lets it be as large as a file may be, twice: whoever sends one that is too large
/// then still reads why, since browsers show an answer only once they have sent everything.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
sealed class LeaveFormUnreadAttribute : Attribute, IResourceFilter
{
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        context.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
        context.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
        context.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
        if (context.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = 2 * context.HttpContext.RequestServices.GetRequiredService<UploadSettings>().LargestFile;
    }

    public void OnResourceExecuted(ResourceExecutedContext context) { }
}
