namespace SafetyAudit.Data;

/// <summary>A file that one process at a time can hold. The operating system lets go of it when the process ends, however it ends.</summary>
public sealed class FileLock : IDisposable
{
    readonly FileStream stream;

    FileLock(FileStream stream) => this.stream = stream;

    /// <summary>The lock, or null while another process holds it.</summary>
    public static FileLock? TryTake(string path)
    {
        try { return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None)); }
        catch (IOException) { return null; }
    }

    /// <summary>The lock, or null when another process holds it for as long as <paramref name="patience"/>.</summary>
    public static async Task<FileLock?> WaitAsync(string path, TimeSpan patience, CancellationToken ct)
    {
        for (var waited = TimeSpan.Zero; ; waited += TimeSpan.FromMilliseconds(100))
        {
            if (TryTake(path) is { } taken) return taken;
            if (waited > patience) return null;
            await Task.Delay(100, ct);
        }
    }

    public void Dispose() => stream.Dispose();
}
