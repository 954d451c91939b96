using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Commands;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Api;

/// <summary>What the rows of an answer about data quality stand for.</summary>
enum Every { Period, Month }

/// <summary><c>GET /api/v1/data-quality</c>: what the page shows, as rows. A share without anything to count is null.</summary>
static class DataQualityEndpoint
{
    public static void MapDataQuality(this IEndpointRouteBuilder app) => app.MapGet("/api/v1/data-quality", Answer).WithMetadata(new NeedsAttribute(Permission.ReadFigures));

    static async Task<IResult> Answer(SafetyAuditDb db, string? from, string? to, string? by, string? every, CancellationToken ct)
    {
        try
        {
            var (first, last) = (Asked.Day("from", from), Asked.Day("to", to));
            var grouping = Asked.Code("by", by, Grouping.Practitioner);
            bool monthly = Asked.Code("every", every, Every.Period) == Every.Month;
            if (last < first) throw new CommandFailedException("The last day is before the first.");
            await using var snapshot = await db.BeginSnapshotAsync(ct);
            var quality = await DataQuality.ReadAsync(db, first, last, ct);
            var rows = monthly ? quality.Months : [.. quality.Clinics, .. quality.Practitioners];
            return Asked.Rows([.. rows.Where(r => r.PractitionerId is null == (grouping == Grouping.Clinic))], Columns);
        }
        catch (CommandFailedException wrong)
        {
            return Asked.Wrongly(wrong);
        }
    }

    static readonly OutputColumn<QualityRow>[] Columns =
    [
        new("practitioner_id", r => r.PractitionerId),
        new("clinic_id", r => r.ClinicId),
        new("from", r => r.From),
        new("to", r => r.To),
        new("sessions", r => r.Sessions),
        new("answers_asked", r => r.Answers.Of),
        new("answers_recorded", r => r.Answers.Met),
        new("completeness", r => r.Answers.Share),
        new("event_details_asked", r => r.EventDetails.Of),
        new("event_details_given", r => r.EventDetails.Met),
        new("event_completeness", r => r.EventDetails.Share),
        new("sessions_awaited", r => r.InTime.Of),
        new("sessions_in_time", r => r.InTime.Met),
        new("timeliness", r => r.InTime.Share),
        new("events_timed", r => r.Prompt.Of),
        new("events_prompt", r => r.Prompt.Met),
        new("event_timeliness", r => r.Prompt.Share),
        new("delay_median_hours", r => r.Delay?.MedianHours),
        new("delay_90_hours", r => r.Delay?.NinetiethHours),
        new("events_joined", r => r.Linked.Met),
        new("events_waiting", r => r.Linked.Of - r.Linked.Met),
        new("linkage", r => r.Linked.Share),
        new("events_named", r => r.Named.Met),
        new("sessions_followed_up", r => r.PractitionerId is null ? r.FollowUps.Met : null),
        new("follow_ups_waiting", r => r.PractitionerId is null ? r.FollowUps.Of - r.FollowUps.Met : null),
        new("follow_up_linkage", r => r.FollowUps.Share),
        new("repeated_sessions", r => r.RepeatedSessions.Met),
        new("repeated_events", r => r.RepeatedEvents.Met),
        new("rejected_rows", r => r.RejectedRows),
    ];
}
