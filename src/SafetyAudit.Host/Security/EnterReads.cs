using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
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
        if (IsRead(context.Request) && !IsEnteredWhenFound(context)) Enter(context, db, reads, Pages.ChartDownloads.IsAskedBy(context.Request) ? AuditAction.Exported : ActionOf(context.Request));
        await next(context);
        // What is open to everybody lies beyond nobody's reach, and its address may be a secret, as that of a report form is.
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null) return;
        // The page that tells of the refusal passes here too; what it tells of is entered by the request itself.
        if (context.Features.Get<IStatusCodeReExecuteFeature>() is not null) return;
        if (context.Response.StatusCode != StatusCodes.Status404NotFound || db.Actor.Permissions.Count == 0) return;
        // What lies outside someone's reach is answered as if it were not there; whoever asks for much of that is guessing.
        reads.Add(db.Actor, AuditAction.Refused, LogText.Asked(context.Request.Path), "not there, or out of reach");
        log.LogWarning("Not there, or out of reach: {Path}, asked for by {Actor} from {Origin}", LogText.Asked(context.Request.Path), LogText.Of(Trail.NameOf(db.Actor)), db.Actor.Origin);
    }

    internal static bool IsRead(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    internal static bool IsEnteredWhenFound(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<NeedsAttribute>() is { EnterWhenFound: true };

    internal static void Enter(HttpContext context, SafetyAuditDb db, ReadLog reads, AuditAction action)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<NeedsAttribute>() is { Permission: not Permission.KeepOwnAccount } needs)
            reads.Add(db.Actor, action, LogText.Asked(context.Request.Path), needs.LeaveOutQuery ? null : LogText.Asked(context.Request.QueryString.Value));
    }

    internal static AuditAction ActionOf(HttpRequest request) => request.Query["handler"].ToString() switch
    {
        "" => AuditAction.Read,
        "check" => AuditAction.Verified,
        _ => AuditAction.Exported,
    };
}

/// <summary>
/// A form that is answered with a page and not by leading on shows what the page holds, as a correction that was not taken shows its record: that was opened too, and
/// nobody comes by it with a form alone and no entry. So is the page of a record that was found (<see cref="NeedsAttribute.EnterWhenFound"/>), before it is shown.
/// </summary>
sealed class EnterShown(SafetyAuditDb db, ReadLog reads) : IResultFilter
{
    public void OnResultExecuting(ResultExecutingContext context)
    {
        bool leadsOn = context.Result is RedirectResult or LocalRedirectResult or StatusCodeResult;
        if ((!EnterReads.IsRead(context.HttpContext.Request) || EnterReads.IsEnteredWhenFound(context.HttpContext)) && !leadsOn) EnterReads.Enter(context.HttpContext, db, reads, EnterReads.IsRead(context.HttpContext.Request) ? EnterReads.ActionOf(context.HttpContext.Request) : AuditAction.Read);
    }

    public void OnResultExecuted(ResultExecutedContext context) { }
}
