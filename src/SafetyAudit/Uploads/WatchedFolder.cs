using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>Which folder is watched, if any.</summary>
/// <param name="Folder">Files dropped here, and in its subfolders named by a clinic's code, are taken in.</param>
/// <param name="ClinicId">The clinic that files in the folder itself are sent for, or null when their rows name theirs.</param>
/// <param name="Settled">How long a file's size and time must stay the same before it is whole.</param>
public sealed record WatchSettings(string? Folder, string? ClinicId, TimeSpan Settled);

/// <summary>
/// Takes in the files that other programs drop, once each: a whole file is first moved into <c>taking</c>, which is the program's own, then received, then
/// moved to <c>done</c>, or to <c>failed</c> with a text beside it that says why. What a crash left in <c>taking</c> is taken up again under the same name of
/// delivery, so that it never becomes a second upload.
/// </summary>
/// <remarks>
/// Links are not followed and pipes not opened: after the move nobody else can change what lies under the name, and what was opened is compared with it once more.
/// </remarks>
public sealed class WatchedFolder(WatchSettings settings, ReceiveUpload receive, ILogger<WatchedFolder> log)
{
    internal const string Sender = "watched_folder";
    const string Taking = "taking", Done = "done", Failed = "failed";
    const int MostAtOnce = 200;

    static readonly string[] Own = [Taking, Done, Failed], Unfinished = [".part", ".tmp", ".partial", ".filepart", ".crdownload", "~"];
    static readonly Actor Folder = Actor.Worker with { Name = "watched folder" };

    sealed record Inbox(DirectoryInfo Place, string? ClinicId);

    sealed record Found(Inbox Inbox, string Path, string Name, FileStream Content, int Turn);

    /// <summary>Takes what lies there, one process at a time. Answers how many files were received.</summary>
    public async Task<int> TakeAsync(CancellationToken ct)
    {
        if (settings.Folder is null) return 0;
        if (!Directory.Exists(settings.Folder))
        {
            log.LogWarning("The watched folder {Folder} is not there. Make it, or correct Uploads:WatchedFolder", settings.Folder);
            return 0;
        }
        using var only = FileLock.TryTake(Path.Combine(settings.Folder, ".watching"));
        if (only is null) return 0;
        var inboxes = Inboxes().ToList();
        var dropped = inboxes.SelectMany(inbox => Dropped(inbox).Select(file => (Inbox: inbox, File: file, file.Length, file.LastWriteTimeUtc))).Take(MostAtOnce).ToList();
        if (dropped.Count > 0) await Task.Delay(settings.Settled, ct);
        foreach (var (inbox, file, length, written) in dropped)
        {
            // One that can't be moved holds up no other.
            try
            {
                file.Refresh();
                if (file.Exists && file.Length == length && file.LastWriteTimeUtc == written) Claim(inbox, file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { Waits(inbox, e); }
        }
        int received = 0;
        var found = new List<Found>();
        try
        {
            foreach (var inbox in inboxes) found.AddRange(inbox.Place.EnumerateDirectories(Taking).SelectMany(taking => taking.EnumerateFiles()).Take(MostAtOnce).Select(file => TryOpen(inbox, file)).OfType<Found>());
            // Sessions are given by known practitioners, events happen in sessions.
            foreach (var file in found.OrderBy(f => f.Turn).ThenBy(f => f.Name, StringComparer.Ordinal)) if (await ReceiveAsync(file, ct)) received++;
        }
        finally
        {
            foreach (var file in found) await file.Content.DisposeAsync();
        }
        return received;
    }

    IEnumerable<Inbox> Inboxes()
    {
        var folder = new DirectoryInfo(settings.Folder!);
        foreach (var inbox in folder.EnumerateDirectories().Where(d => d.LinkTarget is null && d.Name[0] != '.' && !Own.Contains(d.Name)).Select(d => new Inbox(d, d.Name)).Prepend(new(folder, settings.ClinicId)))
        {
            var planted = Own.Select(own => new DirectoryInfo(Path.Combine(inbox.Place.FullName, own))).FirstOrDefault(own => own.LinkTarget is not null);
            if (planted is null) yield return inbox;
            else log.LogWarning("{Folder} is a link: nothing is taken from beside it. Remove it", planted.FullName);
        }
    }

    static IEnumerable<FileInfo> Dropped(Inbox inbox) =>
        inbox.Place.EnumerateFiles().Where(f => f.Name[0] != '.' && !Array.Exists(Unfinished, end => f.Name.EndsWith(end, StringComparison.OrdinalIgnoreCase)));

    // The move is the claim: of two that want a file one gets it, and whoever dropped it can't change any more what its name means.
    void Claim(Inbox inbox, FileInfo file)
    {
        string taking = Path.Combine(inbox.Place.FullName, Taking);
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(taking);
            else Directory.CreateDirectory(taking, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.Move(file.FullName, Path.Combine(taking, $"{Guid.NewGuid():N}-{file.Name}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogWarning("A file in {Folder} can't be moved to {Taking}, so it is not taken: {Why}", inbox.Place.FullName, taking, e.Message);
        }
    }

    void Waits(Inbox inbox, Exception why) => log.LogWarning(why, "A file in the watched folder {Folder} could not be taken and waits", inbox.Place.FullName);

    Found? TryOpen(Inbox inbox, FileInfo file)
    {
        try { return Open(inbox, file); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Waits(inbox, e);
            return null;
        }
    }

    Found? Open(Inbox inbox, FileInfo file)
    {
        if (file.Name.Length < 34) return null;
        string name = file.Name[33..];
        // A pipe or a device has no length, and opening one may never end.
        if (file.LinkTarget is not null || file.Length == 0) return Refuse("It is empty, or a link, or no file at all. Drop the file itself.");
        FileStream content;
        try { content = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read); }
        catch (UnauthorizedAccessException) { return Refuse("The program may not read it. Give it the right to, and drop the file again."); }
        // Somebody has it open for themselves; it will be there the next time.
        catch (IOException) { return null; }
        if (content.CanSeek && IsUnder(content.SafeFileHandle, file.Name)) return new(inbox, file.FullName, name, content, TurnOf(content));
        content.Dispose();
        return Refuse("It is no file of its own. Drop the file itself.");

        Found? Refuse(string why)
        {
            Fail(inbox, file.FullName, name, why);
            return null;
        }
    }

    // What was opened is what lay there: its name is ours and known to nobody before.
    static bool IsUnder(SafeFileHandle handle, string name) =>
        !OperatingSystem.IsLinux() || Path.GetFileName(new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget) == name;

    static int TurnOf(FileStream content)
    {
        try
        {
            var first = ReceiveUpload.KindsOf(() => new FileStream(new SafeFileHandle(content.SafeFileHandle.DangerousGetHandle(), ownsHandle: false), FileAccess.Read), null)[0];
            return Intake.All.TakeWhile(i => i.Kind != first).Count();
        }
        catch (FileRefusedException) { return int.MaxValue; }
    }

    async Task<bool> ReceiveAsync(Found file, CancellationToken ct)
    {
        try
        {
            file.Content.Position = 0;
            var delivery = new DeliveryName(Sender, Path.GetFileName(file.Path), file.Inbox.ClinicId ?? "");
            await receive.ReceiveAsync(file.Content, file.Name, null, file.Inbox.ClinicId, Folder, ct, new(Name: delivery));
        }
        catch (FileRefusedException refused)
        {
            return Refuse(refused.Message);
        }
        catch (DeliveryDiffersException)
        {
            return Refuse("It was taken once, and was written to since: what came then counts as it was. Drop the whole file under another name; rows that are in already stay as they are.");
        }
        catch (IOException outage)
        {
            // A full disk is not the file's fault: it stays, and is taken up again.
            Waits(file.Inbox, outage);
            return false;
        }
        try
        {
            MoveTo(Path.Combine(file.Inbox.Place.FullName, Done), file.Path, file.Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { Waits(file.Inbox, e); }
        return true;

        bool Refuse(string why)
        {
            try { Fail(file.Inbox, file.Path, file.Name, why); }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { Waits(file.Inbox, e); }
            return false;
        }
    }

    void Fail(Inbox inbox, string path, string name, string why)
    {
        log.LogWarning("A file in the watched folder {Folder} was not taken: {Why}", inbox.Place.FullName, why);
        string moved = MoveTo(Path.Combine(inbox.Place.FullName, Failed), path, name);
        File.WriteAllText(moved + ".txt", $"{name} was not taken, and nothing of it counts.\n{why}\nThen drop it again.\n");
    }

    // Beside what lies there under the same name.
    static string MoveTo(string folder, string path, string name)
    {
        Directory.CreateDirectory(folder);
        for (int number = 1; ; number++)
        {
            string to = Path.Combine(folder, number == 1 ? name : $"{Path.GetFileNameWithoutExtension(name)}-{number}{Path.GetExtension(name)}");
            if (File.Exists(to) || Directory.Exists(to) || File.Exists(to + ".txt")) continue;
            File.Move(path, to);
            return to;
        }
    }
}
