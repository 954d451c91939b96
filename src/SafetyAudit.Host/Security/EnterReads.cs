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
        if (HttpMethods.IsGet(context.Request.Method) && context.GetEndpoint()?.Metadata.GetMetadata<NeedsAttribute>() is { Permission: not Permission.KeepOwnAccount })
            reads.Add(db.Actor, context.Request.Query.ContainsKey("handler") ? AuditAction.Exported : AuditAction.Read, LogText.Asked(context.Request.Path), LogText.Asked(context.Request.QueryString.Value));
        await next(context);
        // What lies outside someone's reach is answered as if it were not there; whoever asks for much of that is guessing.
        if (context.Response.StatusCode == StatusCodes.Status404NotFound && db.Actor.Kind != ActorKind.Nobody)
            log.LogWarning("Not there, or out of reach: {Path}, asked for by {Actor} from {Origin}", LogText.Asked(context.Request.Path), LogText.Of(Trail.NameOf(db.Actor)), db.Actor.Origin);
    }
}
