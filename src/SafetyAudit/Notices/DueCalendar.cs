using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Cases;
using SafetyAudit.Data;

namespace SafetyAudit.Notices;

/// <summary>The instants by which reviews begin and are decided, and the days from which their effect is measured, as a calendar (RFC 5545) for whoever may review them. It names nobody.</summary>
public static class DueCalendar
{
    /// <param name="databases">Opened as the reader, within their scope.</param>
    /// <param name="reader">Whose calendar it is.</param>
    /// <param name="address">Where the dashboard is found, for links.</param>
    /// <param name="now">When it was made.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<string> WriteAsync(IDbContextFactory<SafetyAuditDb> databases, User reader, Uri address, DateTime now, CancellationToken ct)
    {
        var may = Roles.Of(reader.Roles);
        await using var db = await databases.OpenAsync(new Actor(ActorKind.Person, reader.UserName!, "calendar", may, reader.Scope), ct);
        var text = new StringBuilder();
        Line("BEGIN:VCALENDAR");
        Line("VERSION:2.0");
        Line("PRODID:-//SafetyAudit//Due dates//EN");
        Line("X-WR-CALNAME:SafetyAudit");
        if (may.Contains(Permission.ReviewCases))
        {
            string? self = reader.PractitionerId;
            var notBegun = (await ReviewCase.NotBegun(db).Select(c => c.Id).ToListAsync(ct)).ToHashSet();
            foreach (var review in await db.Cases.AsNoTracking().Where(c => (c.Stage != CaseStage.Closed || c.RemeasureOn != null) && (self == null || c.PractitionerId != self)).OrderBy(c => c.Id).ToListAsync(ct))
            {
                if (notBegun.Contains(review.Id)) Entry(review, "begin", Instant(review.BeginByUtc!.Value), "to have begun");
                if (review is { DueAtUtc: { } due, Stage: not CaseStage.Closed }) Entry(review, "due", Instant(due), "to be decided");
                if (review.RemeasureOn is { } again) Entry(review, "again", $";VALUE=DATE:{again.ToString("yyyyMMdd", CultureInfo.InvariantCulture)}", "measured again from today");
            }
        }
        Line("END:VCALENDAR");
        return text.ToString();

        void Entry(Case review, string what, string start, string words)
        {
            Line("BEGIN:VEVENT");
            Line($"UID:case-{review.Id}-{what}@{address.Host}");
            Line($"DTSTAMP{Instant(now)}");
            Line($"DTSTART{start}");
            Line($"SUMMARY:Case {review.Id}\\, clinic {Escaped(review.ClinicId)}: {words}");
            Line($"URL:{new Uri(address, $"cases/{review.Id}").AbsoluteUri}");
            Line("TRANSP:TRANSPARENT");
            Line("END:VEVENT");
        }

        // An instant, which each calendar shows by its own clock.
        static string Instant(DateTime at) => at.ToString("':'yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

        // Lines end with CR and LF, and are folded after 75 octets at most.
        void Line(string line)
        {
            int octets = 0;
            foreach (var rune in line.EnumerateRunes())
            {
                if (octets + rune.Utf8SequenceLength > 73)
                {
                    text.Append("\r\n ");
                    octets = 1;
                }
                text.Append(rune.ToString());
                octets += rune.Utf8SequenceLength;
            }
            text.Append("\r\n");
        }
    }

    static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(";", "\\;", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal);
}
