using System.Globalization;
using SafetyAudit.Host.Demo;

namespace SafetyAudit.Benchmarks;

/// <summary>
/// The demo's records over and over under other ids: clinics, practitioners, patients, sessions and events alike, so that a practitioner's day has as many sessions as in the
/// demo, seven or so, and a clinic as many practitioners, eight, however many rows there are.
/// </summary>
sealed class ImportFiles
{
    readonly string sessionsHeader, eventsHeader, practitionersHeader;
    readonly string[] sessions, events, practitioners;
    readonly int[] sessionIds, eventIds, practitionerIds;

    public ImportFiles(string folder)
    {
        var demo = DemoClinics.WriteFiles(folder, new DateOnly(2026, 6, 30));
        (practitionersHeader, practitioners) = Lines(demo.Where(p => p.Contains("practitioners", StringComparison.Ordinal)));
        (sessionsHeader, sessions) = Lines(demo.Where(p => Path.GetFileName(p).StartsWith("sessions", StringComparison.Ordinal)));
        (eventsHeader, events) = Lines(demo.Where(p => Path.GetFileName(p).StartsWith("events", StringComparison.Ordinal)));
        sessionIds = Ids(sessionsHeader, "session_id", "clinic_id", "practitioner_id", "patient_id");
        practitionerIds = Ids(practitionersHeader, "practitioner_id", "clinic_id");
        eventIds = Ids(eventsHeader, "event_id", "session_id", "clinic_id", "practitioner_id", "patient_id");
    }

    public IReadOnlyList<string> SessionColumns => sessionsHeader.Split(',');
    public IReadOnlyList<string> EventColumns => eventsHeader.Split(',');

    /// <summary>Writes the practitioners of so many sessions.</summary>
    public string WritePractitioners(string path, long sessionRows)
    {
        using var writer = new StreamWriter(path);
        writer.WriteLine(practitionersHeader);
        for (long copy = 0; copy * sessions.Length < sessionRows; copy++) foreach (string line in practitioners) writer.WriteLine(Renamed(line, practitionerIds, copy));
        return path;
    }

    /// <summary>Writes sessions from one row on; the same rows for the same numbers.</summary>
    public string WriteSessions(string path, long from, long count)
    {
        using var writer = new StreamWriter(path);
        foreach (string line in Sessions(from, count)) writer.WriteLine(line);
        return path;
    }

    public string WriteEvents(string path, long from, long count)
    {
        using var writer = new StreamWriter(path);
        writer.WriteLine(eventsHeader);
        for (long i = from; i < from + count; i++) writer.WriteLine(Renamed(events[i % events.Length], eventIds, i / events.Length));
        return path;
    }

    /// <summary>The header and the rows.</summary>
    public IEnumerable<string> Sessions(long from, long count)
    {
        yield return sessionsHeader;
        for (long i = from; i < from + count; i++) yield return Renamed(sessions[i % sessions.Length], sessionIds, i / sessions.Length);
    }

    static string Renamed(string line, int[] ids, long copy)
    {
        var cells = line.Split(',');
        // Free text may hold commas within quotation marks; ids stand before it.
        foreach (int id in ids) if (cells[id].Length > 0) cells[id] += string.Create(CultureInfo.InvariantCulture, $"-{copy}");
        return string.Join(',', cells);
    }

    static int[] Ids(string header, params string[] names) => [.. names.Select(name => Array.IndexOf(header.Split(','), name))];

    static (string Header, string[] Lines) Lines(IEnumerable<string> files) => (File.ReadLines(files.First()).First(), [.. files.SelectMany(f => File.ReadLines(f).Skip(1))]);
}
