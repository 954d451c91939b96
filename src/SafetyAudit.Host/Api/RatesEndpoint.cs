using Microsoft.AspNetCore.Mvc;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Commands;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Api;

/// <summary><c>GET /api/v1/rates</c>: the rows that the verb <c>rates</c> prints, with the same fields.</summary>
static class RatesEndpoint
{
    public static void MapApi(this IEndpointRouteBuilder app) => app.MapGet("/api/v1/rates", Answer).WithMetadata(new NeedsAttribute(Permission.ReadFigures));

    static async Task<IResult> Answer(SafetyAuditDb db, DatabaseSettings database, string? from, string? to, string? by, string? measure, string? baseline, string? against, string? interval, [FromQuery(Name = "as_of")] string? asOf, CancellationToken ct)
    {
        try
        {
            var question = new RateQuestion(Asked.Day("from", from), Asked.Day("to", to), Asked.Code("by", by, Grouping.Practitioner), Asked.Code("against", against, Against.Literature), Asked.Code("interval", interval, IntervalMethod.MidP));
            DateTime? at = asOf is null ? null : RatesCommand.KnownAt("as_of", asOf);
            await using var snapshot = await db.BeginSnapshotAsync(ct);
            return Asked.Rows(await RatesCommand.ReadAsync(db, database, question, at, measure, baseline, ct), RatesCommand.Columns);
        }
        catch (CommandFailedException wrong)
        {
            return Asked.Wrongly(wrong);
        }
    }
}
