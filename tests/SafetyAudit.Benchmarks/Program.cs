using System.Diagnostics;
using System.Globalization;
using SafetyAudit.Benchmarks;

// Our methods beside base R on the same work in the same run, one thread each. `dotnet run -c Release`
// in this folder; an argument runs only the workloads that begin with it (W4); `import [ROWS]` measures an import
// beside sqlite3 instead, `import-memory [ROWS]` the memory of one that never ends, `import-into [ROWS]` what a large history costs, `trail [ENTRIES]` the audit trail,
// `pages PROGRAM [SESSIONS [CLINICS]]` the pages of a published program beside a large history, `first-byte PROGRAM [SESSIONS]` the first byte of Home alone.
if (args is ["import", .. var rest])
{
    ImportBenchmark.Run(rest is [var rows, ..] ? int.Parse(rows, CultureInfo.InvariantCulture) : 1_000_000);
    return;
}
if (args is ["import-into", .. var history])
{
    await ImportInto.RunAsync(history is [var sessions, ..] ? int.Parse(sessions, CultureInfo.InvariantCulture) : 5_000_000);
    return;
}
if (args is ["import-memory", .. var much])
{
    ImportBenchmark.Memory(much is [var streamed, ..] ? long.Parse(streamed, CultureInfo.InvariantCulture) : 4_000_000);
    return;
}
if (args is ["import-here", var data, .. var files])
{
    await ImportStages.RunAsync(data, files);
    return;
}
if (args is ["pages", var crowded, var size, var clinics])
{
    await PagesBenchmark.CrowdedAsync(Path.GetFullPath(crowded), long.Parse(size, CultureInfo.InvariantCulture), int.Parse(clinics, CultureInfo.InvariantCulture));
    return;
}
if (args is ["pages", var program, .. var beside])
{
    await PagesBenchmark.RunAsync(Path.GetFullPath(program), beside is [var number, ..] ? long.Parse(number, CultureInfo.InvariantCulture) : 5_000_000);
    return;
}
if (args is ["first-byte", var served, .. var before])
{
    await PagesBenchmark.FirstByteAsync(Path.GetFullPath(served), before is [var number, ..] ? long.Parse(number, CultureInfo.InvariantCulture) : 5_000_000);
    return;
}
if (args is ["write-sessions", var written])
{
    ImportStages.WriteSessions(long.Parse(written, CultureInfo.InvariantCulture));
    return;
}
if (args is ["trail", .. var entries])
{
    await TrailBenchmark.RunAsync(entries is [var count, ..] ? int.Parse(count, CultureInfo.InvariantCulture) : 1_000_000);
    return;
}
string only = args is [var wanted, ..] ? wanted : "";
var culture = CultureInfo.InvariantCulture;
var r = RunR();
if (r is null) Console.WriteLine("Rscript is not installed: only our own figures follow (Debian: apt-get install --no-install-recommends r-base-core).");

Console.WriteLine($"{"workload",-74} {"ours, s",9} {"base R, s",9} {"ratio",7} {"target",6}  {"beside a peer's recorded time",-44} same result");
bool allMet = true;
foreach (var work in Workloads.All())
{
    if (!work.Name.StartsWith(only, StringComparison.Ordinal)) continue;
    var (seconds, checksum) = Median(work.Run);
    string line = string.Create(culture, $"{work.Name,-74} {seconds,9:F5}");
    string same = "";
    if (r is not null && r.TryGetValue(work.Name, out var base_))
    {
        double ratio = base_.Seconds / seconds;
        bool missed = work.Target is { } target && ratio < target;
        allMet &= !missed;
        line += string.Create(culture, $" {base_.Seconds,9:F5} {ratio,7:F1} {(work.Target is { } t ? $">={t}{(missed ? " MISSED" : "")}" : ""),6}");
        double off = Math.Abs(base_.Checksum - checksum) / Math.Max(1e-300, Math.Abs(base_.Checksum));
        same = off < 1e-8 ? "yes" : string.Create(culture, $"differs by {off:E1}");
    }
    else line += new string(' ', 25);
    string peer = "";
    if (work.Peer is { } p)
    {
        double ratio = p.Seconds / seconds;
        bool missed = work.PeerTarget is { } target && ratio < target;
        allMet &= !missed;
        peer = string.Create(culture, $"{p.Tool} {p.Seconds} s: {ratio:F0}x{(work.PeerTarget is { } t ? $" (>={t}{(missed ? " MISSED" : "")})" : "")}");
    }
    Console.WriteLine($"{line}  {peer,-44} {same}");
}
if (r is not null) Console.WriteLine(allMet ? "Every target is met." : "Some targets are missed.");

static (double Seconds, double Checksum) Median(Func<double> run)
{
    double checksum = 0;
    var clock = Stopwatch.StartNew();
    // Warm until compiled code has settled: at least twice, and half a second.
    for (int i = 0; i < 2 || clock.Elapsed.TotalSeconds < 0.5; i++) checksum = run();
    var seconds = new List<double>();
    clock.Restart();
    var whole = Stopwatch.StartNew();
    while (seconds.Count < 5 || (whole.Elapsed.TotalSeconds < 0.5 && seconds.Count < 201))
    {
        clock.Restart();
        checksum = run();
        seconds.Add(clock.Elapsed.TotalSeconds);
    }
    seconds.Sort();
    return (seconds[seconds.Count / 2], checksum);
}

static Dictionary<string, (double Seconds, double Checksum)>? RunR()
{
    try
    {
        using var process = Process.Start(new ProcessStartInfo("Rscript", ["--vanilla", Path.Combine(AppContext.BaseDirectory, "workloads.R")]) { RedirectStandardOutput = true });
        if (process is null) return null;
        var found = new Dictionary<string, (double, double)>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            // The name may hold commas: seconds and checksum are the last two fields before a closing comma.
            var cells = line.TrimEnd(',').Split(',');
            if (cells.Length >= 3) found[string.Join(',', cells[..^2])] = (double.Parse(cells[^2], CultureInfo.InvariantCulture), double.Parse(cells[^1], CultureInfo.InvariantCulture));
        }
        process.WaitForExit();
        return found;
    }
    catch (System.ComponentModel.Win32Exception)
    {
        return null;
    }
}
