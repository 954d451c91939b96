using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>Tells the log of every request that was turned away, and the audit trail where someone signed in had sent it.</summary>
sealed class Refusals(ReadLog reads, ILogger<Refusals> log) : IAuthorizationMiddlewareResultHandler
{
    readonly AuthorizationMiddlewareResultHandler standard = new();

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        // A method that nothing takes at an address is nobody's permission, and the address may be a secret.
        if (!authorizeResult.Succeeded && context.GetEndpoint() is RouteEndpoint) Tell(context, policy.Requirements.OfType<NeedsAttribute>().FirstOrDefault() is { } needed ? Codes.Of(needed.Permission) : "that the page be open at all");
        // No such page: to whoever signed in that is no refusal.
        if (context.GetEndpoint() is null && context.User.Identity is { IsAuthenticated: true })
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        await standard.HandleAsync(next, context, policy, authorizeResult);
    }

    void Tell(HttpContext context, string needed)
    {
        var actor = context.RequestServices.GetRequiredService<SafetyAuditDb>().Actor;
        string path = LogText.Asked(context.Request.Path);
        log.LogWarning("Refused: {Method} {Path} asks for {Permission}, by {Actor} from {Origin}", context.Request.Method, path, needed, LogText.Of(Trail.NameOf(actor)), actor.Origin);
        // What strangers ask for fills a log, which turns over; not the trail, which is kept for ever.
        if (actor.Permissions.Count > 0) reads.Add(actor, AuditAction.Refused, $"{context.Request.Method} {path}", $"needs {needed}");
    }
}
