using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>Programs: <c>Authorization: Bearer sa_…</c>. A key reaches one clinic.</summary>
sealed class ApiKeyAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, SafetyAuditDb db) : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public new const string Scheme = "ApiKey";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization is not [{ } header] || !header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return AuthenticateResult.NoResult();
        string hash = ApiKey.HashOf(header["Bearer ".Length..].Trim());
        // Looked up before anybody is known to ask, hence outside every scope; by the hash, so that the time taken tells nothing of the secret.
        var key = await db.ApiKeys.IgnoreQueryFilters().AsNoTracking().SingleOrDefaultAsync(k => k.SecretHash == hash && k.RevokedAtUtc == null, Context.RequestAborted);
        if (key is null) return AuthenticateResult.Fail("No such key.");
        var identity = new ClaimsIdentity([new(ClaimTypes.Name, key.Name), new(RequestActor.Key, $"{key.Id}"), new(RequestActor.Clinic, key.ClinicId)], Scheme);
        return AuthenticateResult.Success(new(new ClaimsPrincipal(identity), Scheme));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
}
