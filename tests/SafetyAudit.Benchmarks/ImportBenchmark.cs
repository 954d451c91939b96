using System.Diagnostics;
using System.Globalization;

namespace SafetyAudit.Benchmarks;

/// <summary>
/// An import of session rows with every column the demo fills and a tenth as many events, beside <c>sqlite3 .import</c> of the same files into tables with the same indexes (for the upload of a row, which a plain file has not, the status or category).
/// Ours also seals, checks, versions, enters in the trail, joins, summarises and looks for alerts. Prints wall and processor seconds of each stage and the
/// largest resident memory.
/// </summary>
static class ImportBenchmark
{
    public static void Run(int rows)
    {
        string folder = Directory.CreateTempSubdirectory("safetyaudit-bench-").FullName;
        try
        {
            var files = new ImportFiles(Path.Combine(folder, "demo"));
            string practitioners = files.WritePractitioners(Path.Combine(folder, "practitioners.csv"), rows), sessions = files.WriteSessions(Path.Combine(folder, "sessions.csv"), 0, rows),
                events = files.WriteEvents(Path.Combine(folder, "events.csv"), 0, rows / 10);
            Say($"{rows:N0} sessions of {files.SessionColumns.Count} columns, {rows / 10:N0} events, {(new FileInfo(sessions).Length + new FileInfo(events).Length) / 1e6:N0} MB");

            string script = Path.Combine(folder, "import.sql");
            File.WriteAllText(script, $"""
                PRAGMA journal_mode=WAL;
                CREATE TABLE s({string.Join(" TEXT,", files.SessionColumns)} TEXT);
                CREATE UNIQUE INDEX s1 ON s(session_id, clinic_id); CREATE INDEX s2 ON s(clinic_id, practitioner_id, started_at); CREATE INDEX s3 ON s(status); CREATE INDEX s4 ON s(clinic_id, patient_id, started_at); CREATE INDEX s5 ON s(clinic_id, started_at);
                CREATE TABLE e({string.Join(" TEXT,", files.EventColumns)} TEXT);
                CREATE UNIQUE INDEX e1 ON e(event_id, clinic_id); CREATE INDEX e2 ON e(session_id, clinic_id); CREATE INDEX e3 ON e(category); CREATE INDEX e4 ON e(patient_id); CREATE INDEX e5 ON e(clinic_id, onset_at);
                .import --csv --skip 1 {sessions} s
                .import --csv --skip 1 {events} e
                """);
            var theirs = Measure("sqlite3", [Path.Combine(folder, "plain.db"), $".read {script}"], _ => { });
            Say($"{"sqlite3 .import",-28} {theirs.Wall,7:F1} s   {theirs.Processor,7:F1} s processor   {rows / theirs.Wall,8:N0} rows/s");

            double wall = 0, processor = 0, beside = 0;
            long peak = 0;
            Measure("dotnet", [typeof(ImportBenchmark).Assembly.Location, "import-here", Path.Combine(folder, "data"), practitioners, sessions, events], line =>
            {
                switch (line.Split(','))
                {
                    case ["stage", var name, var w, var p, var mb]:
                        var (ws, ps) = (double.Parse(w, CultureInfo.InvariantCulture), double.Parse(p, CultureInfo.InvariantCulture));
                        (wall, processor) = (wall + ws, processor + ps);
                        // Making an empty database and judging every clinic are no part of taking rows in.
                        if (name is "open" or "alerts") beside += ws;
                        Say($"  {name,-26} {ws,7:F1} s   {ps,7:F1} s processor   {mb,6} MB resident at most until then");
                        break;
                    case ["peak", var bytes]:
                        peak = long.Parse(bytes, CultureInfo.InvariantCulture);
                        break;
                    default:
                        Say($"  {line}");
                        break;
                }
            });
            Say($"{"safetyaudit import",-28} {wall,7:F1} s   {processor,7:F1} s processor   {rows / wall,8:N0} rows/s   {peak / 1e6:N0} MB resident at most");
            Say($"ours takes {(wall - beside) / theirs.Wall:F2} times as long for import, checks, provenance, versions and summaries; {wall / theirs.Wall:F2} times with an empty database made and alerts looked for, {processor / theirs.Processor:F1} times the processor");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The memory of an import of so many sessions, which come as a stream and are no file anywhere but sealed: half a kilobyte each, so 20 million are 10 GB.</summary>
    public static void Memory(long rows)
    {
        string folder = Directory.CreateTempSubdirectory("safetyaudit-bench-").FullName;
        try
        {
            string practitioners = new ImportFiles(Path.Combine(folder, "demo")).WritePractitioners(Path.Combine(folder, "practitioners.csv"), rows);
            string[] args = [typeof(ImportBenchmark).Assembly.Location, "import-here", Path.Combine(folder, "data"), practitioners, string.Create(CultureInfo.InvariantCulture, $"sessions:{rows}")];
            using var process = Process.Start(AsInTheImage(new("dotnet", args)))!;
            var clock = Stopwatch.StartNew();
            while (!process.WaitForExit(10_000))
            {
                process.Refresh();
                Say($"  {clock.Elapsed.TotalSeconds,6:F0} s   {process.WorkingSet64 / 1e6,6:N0} MB resident");
            }
            if (process.ExitCode != 0) throw new InvalidOperationException($"The import ended with {process.ExitCode}.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    public static (double Wall, double Processor) Measure(string command, string[] args, Action<string> told)
    {
        var clock = Stopwatch.StartNew();
        double before = ChildrenSeconds();
        using var process = Process.Start(AsInTheImage(new(command, args) { RedirectStandardOutput = true }))!;
        while (process.StandardOutput.ReadLine() is { } line) told(line);
        process.WaitForExit();
        return process.ExitCode == 0 ? (clock.Elapsed.TotalSeconds, ChildrenSeconds() - before) : throw new InvalidOperationException($"{command} ended with {process.ExitCode}.");
    }

    // With what the Dockerfile sets for the program, unless other is set for trying it.
    public static ProcessStartInfo AsInTheImage(ProcessStartInfo start)
    {
        start.Environment.TryAdd("DOTNET_GCgen0size", "0xC00000");
        start.Environment.TryAdd("MALLOC_ARENA_MAX", "1");
        return start;
    }

    // Processor time of processes that were started here and have ended: cutime and cstime, in hundredths of a second.
    static double ChildrenSeconds()
    {
        var fields = File.ReadAllText("/proc/self/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(fields[14], CultureInfo.InvariantCulture)) / 100.0;
    }
}
