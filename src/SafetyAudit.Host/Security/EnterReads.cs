using Microsoft.AspNetCore.Diagnostics;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>
/// Enters in the audit trail who opened what, before it is shown: every page and endpoint that asks for more than one's own account. Names and records
/// stand on nearly all of them, so none is left out.
/// </summary>
sealed class EnterReads(RequestDelegate next, ILogger<EnterReads> log)
{
    public async Task InvokeAsync(HttpContext context, SafetyAuditDb db, ReadLog reads)
    {
        bool isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (isRead && context.GetEndpoint()?.Metadata.GetMetadata<NeedsAttribute>() is { Permission: not Permission.KeepOwnAccount } needs)
            reads.Add(db.Actor, ActionOf(context.Request), LogText.Asked(context.Request.Path), needs.LeaveOutQuery ? null : LogText.Asked(context.Request.QueryString.Value));
        await next(context);
        // The page that tells of the refusal passes here too; what it tells of is entered by the request itself.
        if (context.Features.Get<IStatusCodeReExecuteFeature>() is not null) return;
        if (context.Response.StatusCode != StatusCodes.Status404NotFound || db.Actor.Permissions.Count == 0) return;
        // What lies outside someone's reach is answered as if it were not there; whoever asks for much of that is guessing.
        reads.Add(db.Actor, AuditAction.Refused, LogText.Asked(context.Request.Path), "not there, or out of reach");
        log.LogWarning("Not there, or out of reach: {Path}, asked for by {Actor} from {Origin}", LogText.Asked(context.Request.Path), LogText.Of(Trail.NameOf(db.Actor)), db.Actor.Origin);
    }

    static AuditAction ActionOf(HttpRequest request) => request.Query["handler"].ToString() switch
    {
        "" => AuditAction.Read,
        "check" => AuditAction.Verified,
        _ => AuditAction.Exported,
    };
}
