namespace SafetyAudit.Host.Security;

/// <summary>What every answer tells the browser: nothing from elsewhere, no script but our own files, no frames, no guessing of types, nothing kept.</summary>
sealed class SecurityHeaders(RequestDelegate next)
{
    // What is not named falls to default-src: no objects, frames, workers, media or manifests from anywhere.
    const string Policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; "
        + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    const string Devices = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
        + "microphone=(), midi=(), payment=(), usb=()";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        headers["Permissions-Policy"] = Devices;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-cache, no-store";
        return next(context);
    }

    /// <summary>Our own files may be kept: for ever under the version of their content, else as long as the server says that they are unchanged.</summary>
    public static void MayBeKept(HttpContext context) =>
        context.Response.Headers.CacheControl = context.Request.Query.ContainsKey("v") ? "public, max-age=31536000, immutable" : "no-cache";
}
