namespace SafetyAudit.Host.Security;

/// <summary>What every answer tells the browser: nothing from elsewhere, no script but our own files, no frames, no guessing of types, nothing kept.</summary>
sealed class SecurityHeaders(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; "
            + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        if (!context.Request.Path.StartsWithSegments("/assets")) headers.CacheControl = "no-cache, no-store";
        return next(context);
    }
}
