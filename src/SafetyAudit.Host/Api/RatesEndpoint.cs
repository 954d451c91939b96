using System.Globalization;
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
            var question = new RateQuestion(Day("from", from), Day("to", to), Code("by", by, Grouping.Practitioner), Code("against", against, Against.Literature), Code("interval", interval, IntervalMethod.MidP));
            DateTime? at = asOf is null ? null : RatesCommand.KnownAt("as_of", asOf);
            await using var snapshot = await db.BeginSnapshotAsync(ct);
            var rows = await RatesCommand.ReadAsync(db, database, question, at, measure, baseline, ct);
            return Results.Stream(stream =>
            {
                using var content = new MemoryStream();
                Output.WriteJson(content, rows, RatesCommand.Columns);
                content.Position = 0;
                return content.CopyToAsync(stream, ct);
            }, "application/json");
        }
        catch (CommandFailedException wrong)
        {
            return Results.Problem(wrong.Message, statusCode: StatusCodes.Status400BadRequest, title: "The question can't be answered as it is put.");
        }
    }

    static DateOnly Day(string name, string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : throw new CommandFailedException($"{name} must be a day as yyyy-MM-dd.");

    static T Code<T>(string name, string? text, T standard) where T : struct, Enum =>
        text is null ? standard : Codes.TryParseTyped<T>(text, out var value) ? value : throw new CommandFailedException($"{name} must be one of {Codes.ListOf<T>()}.");
}
