using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;

namespace SafetyAudit.Host.Security;

/// <summary>No text that anybody writes holds a NUL, and PostgreSQL can't keep one: refused at the door, in addresses and in forms.</summary>
sealed class RefuseNul : IResourceFilter
{
    public static Task InAddresses(HttpContext context, RequestDelegate next)
    {
        var (path, query) = (context.Request.Path.Value!, context.Request.QueryString.Value!);
        if (!path.Contains('\0', StringComparison.Ordinal) && !query.Contains("%00", StringComparison.Ordinal)) return next(context);
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return Task.CompletedTask;
    }

    // A form that was read has been read for its token; one that is not, StreamedForm reads.
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        var form = context.HttpContext.Features.Get<IFormFeature>()?.Form;
        if (form?.Any(field => $"{field.Key}{field.Value}".Contains('\0', StringComparison.Ordinal)) == true)
            context.Result = new BadRequestResult();
    }

    public void OnResourceExecuted(ResourceExecutedContext context) { }
}
