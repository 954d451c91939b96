using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;
using Spectre.Console;

namespace SafetyAudit.Host.Commands;

/// <summary><c>import</c>: an import in the foreground.</summary>
static class ImportCommand
{
    const int ShownRejected = 20;

    public static Command Make(string[] settings)
    {
        var files = new Argument<FileInfo[]>("FILE") { Arity = ArgumentArity.OneOrMore, Description = "CSV, XLSX, JSON or FHIR R4 files; practitioners are read first, then sessions, events, follow-ups and patients" };
        var kind = new Option<string?>("--kind") { Description = "sessions, events, practitioners, follow-ups or patients; told from the content when left out" };
        kind.AcceptOnlyFromAmong([.. Enum.GetValues<RecordKind>().Select(k => Codes.Of(k).Replace('_', '-'))]);
        var clinic = new Option<string?>("--clinic") { Description = "The clinic the files belong to; otherwise each row names its own" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Check only; store nothing" };
        var allOrNothing = new Option<bool>("--all-or-nothing") { Description = "Nothing of a file counts when a row of it is rejected" };
        var rejected = new Option<DirectoryInfo?>("--rejected") { Description = "Write the rejected rows of each file into this directory, with their reasons, to be mended and sent again" };
        var json = new Option<bool>("--json") { Description = "Print the result as JSON" };
        var command = new Command("import", "Import files in the foreground.") { files, kind, clinic, dryRun, allOrNothing, rejected, json };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            RecordKind? asked = parsed.GetValue(kind) is { } text && Codes.TryParse<RecordKind>(text.Replace('-', '_'), out var known) ? known : null;
            var results = parsed.GetValue(dryRun)
                ? await DryRunAsync(services, parsed.GetRequiredValue(files), asked, parsed.GetValue(clinic), showProgress: !parsed.GetValue(json), ct)
                : await ImportAsync(services, parsed.GetRequiredValue(files), asked, parsed.GetValue(clinic), showProgress: !parsed.GetValue(json), ct, new(parsed.GetValue(allOrNothing)));
            if (parsed.GetValue(rejected) is { } directory && !parsed.GetValue(dryRun)) await WriteRejectedAsync(services, directory, results, ct);
            if (parsed.GetValue(json)) PrintJson(results);
            else Print(results);
            return results.Exists(r => r.Upload is null || r.Upload.Status is UploadStatus.Failed or UploadStatus.Cancelled) ? ExitCode.Failed : results.Exists(r => r.Upload!.RowsRejected > 0) ? ExitCode.RowsRejected : ExitCode.Done;
        });
        return command;
    }

    /// <summary>What became of one file.</summary>
    public sealed record Result(string File, Upload? Upload, string? Refused, List<QuarantinedRow> FirstRejected);

    public static async Task<List<Result>> ImportAsync(IServiceProvider services, IReadOnlyList<FileInfo> files, RecordKind? kind, string? clinic, bool showProgress, CancellationToken ct, SentHow? how = null)
    {
        var receive = services.GetRequiredService<ReceiveUpload>();
        var refused = new List<Result>();
        var received = new List<(string File, Upload Upload)>();
        // Received in the order in which they need each other: sessions are given by known practitioners, events happen in sessions.
        var ordered = files.Select(f => (File: f, Kind: Guess(f, kind))).OrderBy(f => f.Kind switch { RecordKind.Practitioners => 0, RecordKind.Sessions => 1, RecordKind.Events => 2, _ => 3 });
        try
        {
            foreach (var (file, _) in ordered)
            {
                try
                {
                    await using var stream = file.OpenRead();
                    foreach (var upload in await receive.ReceiveAsync(stream, file.Name, kind, clinic, Actor.CommandLine, ct, how)) received.Add((file.FullName, upload));
                }
                catch (Exception e) when (e is FileRefusedException or IOException or UnauthorizedAccessException)
                {
                    refused.Add(new(file.FullName, null, e.Message, []));
                }
            }
            if (received.Count > 0) await WithProgressAsync(showProgress, services.GetRequiredService<TimeProvider>(), (progress, counting) => CatchUpAsync(services, received.ConvertAll(r => r.Upload.Id), progress, counting, ct));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await CancelAsync(services, received.ConvertAll(r => r.Upload));
            throw;
        }

        await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
        var keys = services.GetRequiredService<KeyRing>();
        var results = new List<Result>(refused);
        foreach (var (file, upload) in received)
        {
            var rejected = await db.QuarantinedRows.AsNoTracking().Where(q => q.UploadId == upload.Id).OrderBy(q => q.Line).Take(ShownRejected).ToListAsync(ct);
            results.Add(new(file, await db.Uploads.AsNoTracking().SingleAsync(u => u.Id == upload.Id, ct), null, rejected.ConvertAll(row => row.Unseal(keys))));
        }
        return results;
    }

    // Whoever stops an import in the foreground does not want it read on by the next worker. What is read to its end counts, and can be undone.
    static async Task CancelAsync(IServiceProvider services, List<Upload> uploads)
    {
        foreach (var upload in uploads)
            if (await services.GetRequiredService<TakeBackUpload>().CancelAsync(upload.Id, "stopped at the command line", Actor.CommandLine, CancellationToken.None) is null)
                await Console.Error.WriteLineAsync($"{upload.FileName}: cancelled; nothing of it counts.");
            else await Console.Error.WriteLineAsync($"{upload.FileName}: was read to its end. To take it back: safetyaudit undo {upload.Id} --why TEXT");
    }

    static async Task WriteRejectedAsync(IServiceProvider services, DirectoryInfo directory, List<Result> results, CancellationToken ct)
    {
        directory.Create();
        await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
        foreach (var upload in results.Select(r => r.Upload).OfType<Upload>().Where(u => u.RowsRejected > 0))
        {
            string path = Path.Combine(directory.FullName, $"upload-{upload.Id}-rejected.csv");
            await using (var file = File.Create(path))
                await RejectedRows.WriteAsync(db, services.GetRequiredService<DatabaseSettings>(), services.GetRequiredService<KeyRing>(), upload, file, ct);
            await Console.Error.WriteLineAsync($"{upload.FileName}: rejected rows are in {path}");
        }
    }

    // Another worker may be reading already; then this waits until it has.
    static async Task CatchUpAsync(IServiceProvider services, List<long> ids, IProgress<(Upload, UploadProgress)>? progress, IProgress<CountingProgress>? counting, CancellationToken ct)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
        while (true)
        {
            await services.GetRequiredService<ProcessUploads>().DrainAsync(progress, ct);
            if (!await db.Uploads.AnyAsync(u => ids.Contains(u.Id) && (u.Status == UploadStatus.Received || u.Status == UploadStatus.Processing), ct)) break;
            await Task.Delay(500, ct);
        }
        await services.CatchUpAsync(progress, ct, counting);
    }

    static async Task<List<Result>> DryRunAsync(IServiceProvider services, IReadOnlyList<FileInfo> files, RecordKind? kind, string? clinic, bool showProgress, CancellationToken ct)
    {
        var results = new List<Result>();
        await WithProgressAsync(showProgress, services.GetRequiredService<TimeProvider>(), async (progress, _) =>
        {
            foreach (var file in files)
            {
                try
                {
                    foreach (var (upload, rejected) in await services.GetRequiredService<ProcessUploads>().DryRunAsync(file.FullName, kind, clinic, progress, ct))
                        results.Add(new(file.FullName, upload, null, [.. rejected.OrderBy(r => r.Line).Take(ShownRejected)]));
                }
                catch (Exception e) when (e is FileRefusedException or IOException or UnauthorizedAccessException)
                {
                    results.Add(new(file.FullName, null, e.Message, []));
                }
            }
        });
        return results;
    }

    static RecordKind Guess(FileInfo file, RecordKind? kind)
    {
        try { return ReceiveUpload.KindsOf(CsvRows.Plain(file.FullName), kind)[0]; }
        catch (Exception e) when (e is FileRefusedException or IOException or UnauthorizedAccessException) { return RecordKind.Events; }
    }

    static async Task WithProgressAsync(bool show, TimeProvider time, Func<IProgress<(Upload, UploadProgress)>?, IProgress<CountingProgress>?, Task> work)
    {
        if (!show || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            await work(null, null);
            return;
        }
        await AnsiConsole.Progress().Columns(new ProgressBarColumn { Width = 12 }, new TaskDescriptionColumn { Alignment = Justify.Left }).StartAsync(async context =>
        {
            // In a dry run an upload has no number; each is one object in either.
            var bars = new Dictionary<Upload, ProgressTask>(ReferenceEqualityComparer.Instance);
            ProgressTask? days = null;
            await work(new Told<(Upload, UploadProgress)>(report =>
            {
                var (upload, progress) = report;
                if (!bars.TryGetValue(upload, out var bar)) bars[upload] = bar = context.AddTask(Markup.Escape(upload.FileName), maxValue: Math.Max(1, progress.Bytes));
                bar.Description = Markup.Escape(Describe(upload, progress, time.UtcNow()));
                bar.Value = upload.Status == UploadStatus.Processing ? progress.BytesRead : bar.MaxValue;
            }), new Told<CountingProgress>(progress =>
            {
                days ??= context.AddTask("days", maxValue: Math.Max(1, progress.Done + progress.Left));
                days.Description = Markup.Escape(Pages.Show.Counting(progress));
                days.Value = progress.Left == 0 ? days.MaxValue : progress.Done;
            }));
        });
    }

    // What matters first, since a narrow terminal cuts the end off. Pace and time left are those of the upload's page.
    static string Describe(Upload upload, UploadProgress progress, DateTime nowUtc)
    {
        string name = upload.FileName.Length > 18 ? upload.FileName[..17] + "…" : upload.FileName;
        string rejected = progress.Rejected > 0 ? string.Create(CultureInfo.CurrentCulture, $", {progress.Rejected:N0} rejected") : "";
        return upload.Pace(nowUtc) is { } pace
            ? string.Create(CultureInfo.CurrentCulture, $"{name} {progress.Rows:N0} rows, {pace.RowsPerSecond:N0}/s, {Pages.Show.Left(pace.Left)}{rejected}")
            : string.Create(CultureInfo.CurrentCulture, $"{name} {progress.Rows:N0} rows{rejected}");
    }

    /// <summary>Reports at once, in order; the framework's own would post to another thread.</summary>
    sealed class Told<T>(Action<T> tell) : IProgress<T>
    {
        public void Report(T value) => tell(value);
    }

    static void Print(List<Result> results)
    {
        foreach (var result in results)
        {
            string name = Path.GetFileName(result.File);
            if (result.Upload is { Status: UploadStatus.Cancelled } cancelled)
            {
                Console.Error.WriteLine($"{name}: cancelled by {cancelled.TakenBackBy}; nothing of it counts.");
                continue;
            }
            if (result.Upload is not { } upload || upload.Failure is { })
            {
                Console.Error.WriteLine($"{name}: refused. {result.Refused ?? result.Upload!.Failure}");
                foreach (var row in result.FirstRejected) PrintReasons(row);
                continue;
            }
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {Codes.Of(upload.Kind)}, {upload.RowsRead} rows: {upload.RowsNew} new, {upload.RowsSame} same, {upload.RowsChanged} changed, {upload.RowsRejected} rejected"));
            if (upload.UnknownColumns.Length > 0) Console.WriteLine($"  not used: {upload.UnknownColumns}");
            foreach (var row in result.FirstRejected)
                PrintReasons(row);
            if (upload.RowsRejected > result.FirstRejected.Count) Console.Error.WriteLine($"  and {upload.RowsRejected - result.FirstRejected.Count} more rejected rows: see them all with --rejected DIR, or on the Uploads page");
        }
    }

    static void PrintReasons(QuarantinedRow row)
    {
        foreach (var reason in row.Reasons) Console.Error.WriteLine($"  line {row.Line}: {Codes.Of(reason.Code)}: {reason.Remedy}{(reason.Value is { } value ? $" (it says '{value}')" : "")}");
    }

    static void PrintJson(List<Result> results)
    {
        var payload = results.Select(r => new
        {
            File = Path.GetFileName(r.File),
            UploadId = r.Upload?.Id is > 0 and var id ? id : (long?)null,
            Kind = r.Upload?.Kind,
            Status = r.Upload is null ? "refused" : r.Upload.Id == 0 ? "checked" : Codes.Of(r.Upload.Status),
            Failure = r.Refused ?? r.Upload?.Failure,
            Rows = r.Upload?.RowsRead,
            New = r.Upload?.RowsNew,
            Same = r.Upload?.RowsSame,
            Changed = r.Upload?.RowsChanged,
            Rejected = r.Upload?.RowsRejected,
            UnknownColumns = r.Upload?.UnknownColumns,
            FirstRejected = r.FirstRejected.Select(q => new { q.Line, q.RecordId, q.Reasons }),
        });
        Console.WriteLine(JsonSerializer.Serialize(payload, Json.Options));
    }
}
