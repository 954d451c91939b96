using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SafetyAudit.Data;

/// <summary>A folder that is held open: on Linux its <see cref="Path"/> leads to it, and to what lies in it, whatever others exchange its name for meanwhile. Elsewhere it is the folder's name.</summary>
sealed partial class HeldFolder : IDisposable
{
    const int CloseOnExec = 0x80000;

    static readonly bool CanHold = OperatingSystem.IsLinux() && Directory.Exists("/proc/self/fd");

    readonly SafeFileHandle? handle;

    HeldFolder(string name, SafeFileHandle? handle)
    {
        (Name, this.handle) = (name, handle);
        Path = handle is null ? name : PathOf(handle);
    }

    /// <summary>As it was called when it was opened, for people.</summary>
    public string Name { get; }

    public string Path { get; }

    /// <summary>A folder that is named in the settings, links followed; null where it can't be opened.</summary>
    public static HeldFolder? TryOpen(string path) => TryOpen(path, path);

    /// <summary>A folder in this one; null where it is not there, is a link, or can't be opened.</summary>
    public HeldFolder? TryOpenIn(string name)
    {
        string path = System.IO.Path.Combine(Path, name);
        if (TryOpen(path, System.IO.Path.Combine(Name, name)) is not { } held) return null;
        if (held.handle is { } opened ? Holds(opened, name) : new DirectoryInfo(path).LinkTarget is null) return held;
        held.Dispose();
        return null;
    }

    /// <summary>Whether what was opened lies in this folder under this name now, and was not come by through a link; taken on trust where the system does not tell.</summary>
    public bool Holds(SafeFileHandle opened, string name) => handle is null || Target(handle) is { } place && Target(opened) == System.IO.Path.Combine(place, name);

    public void Dispose() => handle?.Dispose();

    static HeldFolder? TryOpen(string path, string name)
    {
        if (!CanHold) return Directory.Exists(path) ? new(name, null) : null;
        // The stroke at the end: nothing but a folder is opened, and no pipe is waited for.
        var opened = Open(path + "/", CloseOnExec);
        if (!opened.IsInvalid) return new(name, opened);
        opened.Dispose();
        return null;
    }

    static string PathOf(SafeFileHandle handle) => $"/proc/self/fd/{handle.DangerousGetHandle()}";

    static string? Target(SafeFileHandle handle) => new FileInfo(PathOf(handle)).LinkTarget;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial SafeFileHandle Open(string path, int flags);
}
