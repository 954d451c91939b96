using System.Globalization;
using System.Text;

namespace SafetyAudit.Tests;

/// <summary>Valid files to change one thing in.</summary>
static class Samples
{
    public const string Practitioners = "practitioner_id,display_name,clinic_id,licence_status,licence_issued,licence_expires\nP1,Ada Ash,C1,active,2015-01-01,2030-12-31\nP2,Ben Birch,C1,active,2015-01-01,2030-12-31\n";
    public const string SessionHeader = "session_id,clinic_id,practitioner_id,patient_id,started_at,ended_at,status\n";
    public const string EventHeader = "event_id,session_id,patient_id,category,onset_at,recorded_at\n";

    public static string Session(string id, string started = "2026-03-02T10:00:00Z", string practitioner = "P1", string clinic = "C1") =>
        $"{id},{clinic},{practitioner},T1,{started},,completed\n";

    public static string Event(string id, string session, string category = "BRUISE_MINOR", string onset = "2026-03-02T12:00:00Z") =>
        $"{id},{session},T1,{category},{onset},2026-03-02T15:00:00Z\n";

    public static byte[] Brady(string file) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Samples", "brady2014", file));

    /// <summary>Files of one clinic: every practitioner gives the same number of sessions a day, and every <paramref name="every"/>-th session of each has a bruise. Fifty patients come in turn.</summary>
    public static (string Practitioners, string Sessions, string Events) Clinic(int practitioners, int sessionsEach, Func<int, int> every)
    {
        var people = new StringBuilder("practitioner_id,clinic_id,licence_status,licence_issued,licence_expires\n");
        var sessions = new StringBuilder(SessionHeader);
        var events = new StringBuilder(EventHeader);
        for (int p = 1; p <= practitioners; p++)
        {
            people.Append(CultureInfo.InvariantCulture, $"P{p},C1,active,2015-01-01,2030-12-31\n");
            for (int s = 0; s < sessionsEach; s++)
            {
                var at = new DateTime(2026, 1, 5, 9, 0, 0, DateTimeKind.Utc).AddDays(s % 150).AddMinutes(s / 150 * 20);
                sessions.Append(Session($"S{p}-{s}", at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), $"P{p}").Replace(",T1,", $",T{s % 50},", StringComparison.Ordinal));
                if (every(p) > 0 && s % every(p) == 0) events.Append(Event($"E{p}-{s}", $"S{p}-{s}", onset: at.AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)).Replace(",T1,", $",T{s % 50},", StringComparison.Ordinal));
            }
        }
        return (people.ToString(), sessions.ToString(), events.ToString());
    }
}
