using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.Net.Http.Headers;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Api;

/// <summary>What a program is answered, as a value: so that it can be kept, and given again.</summary>
sealed record ApiAnswer(int Status, string ContentType, string Body, string? Location = null) : IResult
{
    public static ApiAnswer Of(int status, string contentType, object body, string? location = null) =>
        new(status, contentType, JsonSerializer.Serialize(body, Json.Options), location);

    /// <summary>RFC 9457.</summary>
    public static ApiAnswer Problem(int status, string title, string detail, params (string Name, object? Value)[] more)
    {
        var problem = new Dictionary<string, object?> { ["type"] = "about:blank", ["title"] = title, ["status"] = status, ["detail"] = detail };
        foreach (var (name, value) in more) problem[name] = value;
        return Of(status, "application/problem+json", problem);
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        (response.StatusCode, response.ContentType) = (Status, ContentType);
        if (Location is not null) response.Headers.Location = Location;
        return response.WriteAsync(Body, httpContext.RequestAborted);
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json.Options);

    public static ApiAnswer FromBytes(byte[] bytes) => JsonSerializer.Deserialize<ApiAnswer>(bytes, Json.Options)!;
}

/// <summary>
/// <c>Idempotency-Key</c>: the same key with the same body has its effect once and is answered alike for a day, also when both come at once or the first answer was
/// lost in a crash. A key is its API key's own. What is refused as a whole has no effect, and uses its key up no more than it was before.
/// </summary>
static class IdempotencyKey
{
    const string Header = "Idempotency-Key";

    /// <summary>The name under which a request is to be taken once; nothing where none is given, and a problem where it can't be one.</summary>
    public static (DeliveryName? Name, ApiAnswer? Wrong) Of(HttpContext context)
    {
        if (!context.Request.Headers.TryGetValue(Header, out var given)) return (null, null);
        if (given is not [{ Length: >= 1 and <= 255 } key] || key.Any(c => c is < '!' or > '~'))
            return (null, ApiAnswer.Problem(400, "The request can't be taken as it is put.", $"{Header} must be one text of 1 to 255 visible ASCII characters, such as a UUID."));
        return (new($"api_key {context.User.FindFirstValue(RequestActor.Key)}", key, context.Request.Path), null);
    }

    public static readonly ApiAnswer Differs = ApiAnswer.Problem(422, "The idempotency key was used for something else.",
        $"Another request came with this {Header} before. Nothing of this one was taken: send it with a key of its own.");

    /// <summary>The answer that was given under this name before, else the one made now, from now on kept.</summary>
    public static async Task<ApiAnswer> OnceAsync(SafetyAuditDb db, DeliveryName? name, KeyRing keys, Func<Task<ApiAnswer>> make, CancellationToken ct)
    {
        if (name is null) return await make();
        if (await KeptAsync() is { } before) return before;
        var answer = await make();
        await Delivery.KeepAnswerAsync(db, name, answer.ToBytes(), keys, ct);
        return await KeptAsync() ?? answer;

        async Task<ApiAnswer?> KeptAsync() => (await Delivery.FindAsync(db, name, ct))?.OpenAnswer(keys) is { } bytes ? ApiAnswer.FromBytes(bytes) : null;
    }
}

/// <summary>What is asked of every body that a program sends.</summary>
static class ApiBody
{
    /// <summary>Status and words of what is wrong with it before it is read; nothing where it may come.</summary>
    public static (int Status, string Words)? Wrong(HttpRequest request, UploadSettings settings, params string[] mediaTypes)
    {
        bool isKnown = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && mediaTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        if (!isKnown) return (415, $"Send {mediaTypes[0]}, or {mediaTypes[1]}, in UTF-8.");
        if (request.Headers.ContentEncoding.Count > 0) return (415, "Send it uncompressed.");
        if (request.ContentLength > settings.LargestFile)
            return (413, string.Create(CultureInfo.InvariantCulture, $"It is larger than {settings.LargestFile / (1024 * 1024):N0} MB. Send it in parts."));
        return null;
    }

    public static bool IsLines(HttpRequest request) => request.ContentType!.Split(';')[0].TrimEnd().EndsWith("ndjson", StringComparison.OrdinalIgnoreCase);
}
