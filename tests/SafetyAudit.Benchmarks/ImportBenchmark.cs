using System.Diagnostics;
using System.Globalization;
using SafetyAudit.Host.Demo;

namespace SafetyAudit.Benchmarks;

/// <summary>
/// An import of session rows with every column the demo fills, beside <c>sqlite3 .import</c> of the same file into a table with as many indexes. Ours also checks,
/// versions, summarises and looks for alerts. Prints seconds, rows a second, and the largest resident memory.
/// </summary>
static class ImportBenchmark
{
    public static void Run(int rows)
    {
        string folder = Directory.CreateTempSubdirectory("safetyaudit-bench-").FullName;
        try
        {
            var demo = DemoClinics.WriteFiles(Path.Combine(folder, "demo"), new DateOnly(2026, 6, 30));
            string file = Path.Combine(folder, "sessions.csv"), header = WriteRows(demo.Where(p => Path.GetFileName(p).StartsWith("sessions", StringComparison.Ordinal)), file, rows);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows:N0} rows, {header.Split(',').Length} columns, {new FileInfo(file).Length / 1e6:N0} MB"));

            string program = Path.Combine(AppContext.BaseDirectory, "safetyaudit.dll"), data = Path.Combine(folder, "data");
            Measure("dotnet", [program, "import", demo[0], "--Data:Directory", data]);
            var (ours, memory) = Measure("dotnet", [program, "import", file, "--Data:Directory", data]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"safetyaudit import   {ours,7:F1} s   {rows / ours,8:N0} rows/s   {memory / 1e6:N0} MB resident at most"));

            string script = Path.Combine(folder, "import.sql");
            File.WriteAllText(script, $"""
                PRAGMA journal_mode=WAL;
                CREATE TABLE s({header.Replace(",", " TEXT,", StringComparison.Ordinal)} TEXT);
                CREATE UNIQUE INDEX i1 ON s(session_id, clinic_id); CREATE INDEX i2 ON s(clinic_id, practitioner_id, started_at); CREATE INDEX i3 ON s(status); CREATE INDEX i4 ON s(patient_id); CREATE INDEX i5 ON s(started_at);
                .import --csv --skip 1 {file} s
                """);
            var (theirs, _) = Measure("sqlite3", [Path.Combine(folder, "plain.db"), $".read {script}"]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sqlite3 .import      {theirs,7:F1} s   {rows / theirs,8:N0} rows/s   ours takes {ours / theirs:F1} times as long"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The demo's rows again and again under new ids.
    static string WriteRows(IEnumerable<string> sources, string file, int rows)
    {
        var lines = sources.SelectMany(s => File.ReadLines(s).Skip(1)).ToList();
        string header = File.ReadLines(sources.First()).First();
        using var writer = new StreamWriter(file);
        writer.WriteLine(header);
        for (int i = 0; i < rows; i++)
        {
            string line = lines[i % lines.Count];
            int comma = line.IndexOf(',', StringComparison.Ordinal);
            writer.WriteLine($"{line[..comma]}-{i / lines.Count}{line[comma..]}");
        }
        return header;
    }

    static (double Seconds, long Memory) Measure(string command, string[] args)
    {
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(command, args) { RedirectStandardOutput = true })!;
        long memory = 0;
        while (!process.WaitForExit(100))
        {
            process.Refresh();
            try { memory = Math.Max(memory, process.WorkingSet64); }
            catch (InvalidOperationException) { break; }
        }
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command} ended with {process.ExitCode}.");
        return (clock.Elapsed.TotalSeconds, memory);
    }
}
