using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>
/// Enters in the audit trail who opened what, before it is shown: every page and endpoint that asks for more than one's own account. Names and records
/// stand on nearly all of them, so none is left out.
/// </summary>
sealed class EnterReads(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context, SafetyAuditDb db, ReadLog reads)
    {
        if (HttpMethods.IsGet(context.Request.Method) && context.GetEndpoint()?.Metadata.GetMetadata<NeedsAttribute>() is { Permission: not Permission.KeepOwnAccount })
            reads.Add(db.Actor, context.Request.Query.ContainsKey("handler") ? AuditAction.Exported : AuditAction.Read, Paths.Plain(context.Request.Path), Paths.Plain(context.Request.QueryString.Value));
        return next(context);
    }
}
