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
/// Links are not followed and pipes not opened: after the move nobody else can change what lies under the name, and what was opened is compared with it once more. Whoever may write
/// there may exchange the folders too while files are taken; each is opened once, and all that is done in it goes by what was opened. That holds on Linux; elsewhere links are looked for
/// before each step, and nobody but trusted programs may have the right to write there.
/// </remarks>
public sealed class WatchedFolder(WatchSettings settings, ReceiveUpload receive, ILogger<WatchedFolder> log)
{
    internal const string Sender = "watched_folder";
    const string Taking = "taking", Done = "done", Failed = "failed";
    const int MostAtOnce = 200;

    static readonly string[] Own = [Taking, Done, Failed], Unfinished = [".part", ".tmp", ".partial", ".filepart", ".crdownload", "~"];
    static readonly Actor Folder = Actor.Worker with { Name = "watched folder" };

    sealed record Inbox(HeldFolder Place, string? ClinicId);

    sealed record Found(Inbox Inbox, string Path, string Name, FileStream Content, int Turn);

    /// <summary>Takes what lies there, one process at a time. Answers how many files were received.</summary>
    public async Task<int> TakeAsync(CancellationToken ct)
    {
        if (settings.Folder is null) return 0;
        using var folder = HeldFolder.TryOpen(settings.Folder);
        if (folder is null)
        {
            log.LogWarning("The watched folder {Folder} is not there, or can't be opened. Make it, or correct Uploads:WatchedFolder", settings.Folder);
            return 0;
        }
        string mark = Path.Combine(folder.Path, ".watching");
        if (new FileInfo(mark).LinkTarget is not null)
        {
            log.LogWarning("{Mark} is a link: nothing is taken. Remove it", Path.Combine(folder.Name, ".watching"));
            return 0;
        }
        using var only = FileLock.TryTake(mark);
        if (only is null) return 0;
        var inboxes = new List<Inbox>();
        var takings = new List<HeldFolder>();
        var found = new List<Found>();
        try
        {
            inboxes.AddRange(Inboxes(folder));
            await ClaimAsync(inboxes, ct);
            foreach (var inbox in inboxes)
            {
                if (inbox.Place.TryOpenIn(Taking) is not { } taking) continue;
                takings.Add(taking);
                found.AddRange(FilesIn(taking).Take(MostAtOnce).Select(file => TryOpen(inbox, taking, file)).OfType<Found>());
            }
            int received = 0;
            // Sessions are given by known practitioners, events happen in sessions.
            foreach (var file in found.OrderBy(f => f.Turn).ThenBy(f => f.Name, StringComparer.Ordinal)) if (await ReceiveAsync(file, ct)) received++;
            return received;
        }
        finally
        {
            foreach (var file in found) await file.Content.DisposeAsync();
            foreach (var held in takings.Concat(inboxes.Select(i => i.Place))) held.Dispose();
        }
    }

    async Task ClaimAsync(List<Inbox> inboxes, CancellationToken ct)
    {
        var dropped = inboxes.SelectMany(inbox => Dropped(inbox).Where(IsThere).Select(file => (Inbox: inbox, File: file, file.Length, file.LastWriteTimeUtc))).Take(MostAtOnce).ToList();
        if (dropped.Count > 0) await Task.Delay(settings.Settled, ct);
        foreach (var (inbox, file, length, written) in dropped)
        {
            // One that can't be moved holds up no other.
            try
            {
                if (IsThere(file) && file.Length == length && file.LastWriteTimeUtc == written) Claim(inbox, file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { Waits(inbox, e); }
        }
    }

    IEnumerable<Inbox> Inboxes(HeldFolder folder)
    {
        var clinics = new DirectoryInfo(folder.Path).EnumerateDirectories().Where(d => d.Name[0] != '.' && !Own.Contains(d.Name)).Select(d => d.Name).ToList();
        foreach (var inbox in clinics.Select(name => folder.TryOpenIn(name) is { } place ? new Inbox(place, name) : null).OfType<Inbox>().Prepend(new(folder, settings.ClinicId)))
        {
            string? planted = Array.Find(Own, own => new DirectoryInfo(Path.Combine(inbox.Place.Path, own)).LinkTarget is not null);
            if (planted is null)
            {
                yield return inbox;
                continue;
            }
            log.LogWarning("{Folder} is a link: nothing is taken from beside it. Remove it", Path.Combine(inbox.Place.Name, planted));
            if (inbox.Place != folder) inbox.Place.Dispose();
        }
    }

    // What lies there now; a folder that is gone meanwhile, or may not be read, has nothing.
    List<FileInfo> FilesIn(HeldFolder folder)
    {
        try { return [.. new DirectoryInfo(folder.Path).EnumerateFiles()]; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogWarning(e, "The folder {Folder} could not be looked through", folder.Name);
            return [];
        }
    }

    // As it is now. One that its owner took away again is nobody's trouble.
    static bool IsThere(FileInfo file)
    {
        file.Refresh();
        return file.Exists;
    }

    IEnumerable<FileInfo> Dropped(Inbox inbox) =>
        FilesIn(inbox.Place).Where(f => f.Name[0] != '.' && !Array.Exists(Unfinished, end => f.Name.EndsWith(end, StringComparison.OrdinalIgnoreCase)));

    // The move is the claim: of two that want a file one gets it, and whoever dropped it can't change any more what its name means.
    void Claim(Inbox inbox, FileInfo file)
    {
        try
        {
            string place = Path.Combine(inbox.Place.Path, Taking);
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(place);
            else Directory.CreateDirectory(place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using var taking = OwnFolder(inbox, Taking);
            File.Move(file.FullName, Path.Combine(taking.Path, $"{Guid.NewGuid():N}-{file.Name}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogWarning("A file in {Folder} can't be moved to {Taking}, so it is not taken: {Why}", inbox.Place.Name, Taking, e.Message);
        }
    }

    void Waits(Inbox inbox, Exception why) => log.LogWarning(why, "A file in the watched folder {Folder} could not be taken and waits", inbox.Place.Name);

    // The program's own folder of that name; where it was exchanged for a link, what should go there waits.
    static HeldFolder OwnFolder(Inbox inbox, string name) => inbox.Place.TryOpenIn(name) ?? throw new IOException($"{Path.Combine(inbox.Place.Name, name)} is no folder that can be opened. Remove it.");

    Found? TryOpen(Inbox inbox, HeldFolder taking, FileInfo file)
    {
        try { return Open(inbox, taking, file); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Waits(inbox, e);
            return null;
        }
    }

    Found? Open(Inbox inbox, HeldFolder taking, FileInfo file)
    {
        if (file.Name.Length < 34 || !IsThere(file)) return null;
        string name = file.Name[33..];
        // A pipe or a device has no length, and opening one may never end.
        if (file.LinkTarget is not null || file.Length == 0) return Refuse("It is empty, or a link, or no file at all. Drop the file itself.");
        FileStream content;
        // Windows moves what is open only where whoever opened it allows that.
        try { content = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete); }
        catch (UnauthorizedAccessException) { return Refuse("The program may not read it. Give it the right to, and drop the file again."); }
        // Somebody has it open for themselves; it will be there the next time.
        catch (IOException) { return null; }
        bool isFile = content.CanSeek;
        // What was opened is what lay there: its name is ours and known to nobody before.
        if (isFile && taking.Holds(content.SafeFileHandle, file.Name)) return new(inbox, file.FullName, name, content, TurnOf(content));
        content.Dispose();
        // What was exchanged between looking and opening is told by what lies there the next time.
        return isFile ? null : Refuse("It is no file of its own. Drop the file itself.");

        Found? Refuse(string why)
        {
            Fail(inbox, file.FullName, name, why);
            return null;
        }
    }

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
            MoveTo(file.Inbox, Done, file.Path, file.Name);
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
        log.LogWarning("A file in the watched folder {Folder} was not taken: {Why}", inbox.Place.Name, why);
        MoveTo(inbox, Failed, path, name, $"{name} was not taken, and nothing of it counts.\n{why}\nThen drop it again.\n");
    }

    // Beside what lies there under the same name; with a text beside it.
    static void MoveTo(Inbox inbox, string folder, string path, string name, string? text = null)
    {
        Directory.CreateDirectory(Path.Combine(inbox.Place.Path, folder));
        using var own = OwnFolder(inbox, folder);
        for (int number = 1; ; number++)
        {
            string to = Path.Combine(own.Path, number == 1 ? name : $"{Path.GetFileNameWithoutExtension(name)}-{number}{Path.GetExtension(name)}");
            if (File.Exists(to) || Directory.Exists(to) || File.Exists(to + ".txt")) continue;
            File.Move(path, to);
            if (text is null) return;
            // A new file: one that was planted under its name is not written to.
            using var beside = new StreamWriter(new FileStream(to + ".txt", FileMode.CreateNew, FileAccess.Write));
            beside.Write(text);
            return;
        }
    }
}
