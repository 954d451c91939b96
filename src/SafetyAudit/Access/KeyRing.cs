using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;

namespace SafetyAudit.Access;

/// <summary>What a key is for. Each purpose has a key of its own, derived from the master key, so that one never opens what another closed.</summary>
public enum KeyPurpose { Patients, Uploads, Quarantine, QuarantineDigests, DataProtection, AuditTrail, Reads, Fingerprints, Answers, ReportLinks, Webhooks, Reports }

/// <summary>A master key that the database relies on. The key itself is in the keys directory; here is how to tell whether it is the right one.</summary>
public sealed class KeyInUse
{
    public int Number { get; set; }

    /// <summary>Derived from the key, and of no use to find it.</summary>
    public required byte[] Fingerprint { get; set; }
}

/// <summary>
/// The master keys: files <c>key-1</c>, <c>key-2</c> … of 32 random bytes in a directory of their own, outside the database and outside its backup. The first
/// is made when a new database is first opened; a later one by the verb <c>rotate-key</c>. None is ever removed: each still opens what was sealed with it.
/// </summary>
/// <param name="directory">The keys directory.</param>
public sealed class KeyRing(string directory)
{
    const string Restore = "Restore it from the backup of the keys directory, or set Keys:Directory.";
    const int Length = 32, NonceLength = 12, TagLength = 16, Overhead = sizeof(int) + NonceLength + TagLength;

    readonly ConcurrentDictionary<int, byte[]> masters = [];
    readonly ConcurrentDictionary<(KeyPurpose, int), byte[]> derived = [];
    volatile int newest;

    public string Directory { get; } = Path.GetFullPath(directory);

    /// <summary>
    /// Looks up which keys the database relies on, makes the first one for a new database, and answers the number of the newest. Called before anything else
    /// uses the ring, and again before each file is read, since another process may have added a key.
    /// </summary>
    /// <exception cref="KeyMissingException">A key that the database relies on is not here, or is another one.</exception>
    public async Task<int> AgreeAsync(SafetyAuditDb db, CancellationToken ct)
    {
        var inUse = await db.KeysInUse.AsNoTracking().OrderBy(k => k.Number).ToListAsync(ct);
        if (inUse.Count == 0)
        {
            await MakeAsync(1, ct);
            // Of two processes that start at once one writes this row; the other finds it. The key file is the same for both.
            byte[] fingerprint = Fingerprint(1);
            await db.Database.ExecuteSqlAsync($"INSERT INTO keys_in_use (number, fingerprint) VALUES (1, {fingerprint}) ON CONFLICT DO NOTHING", ct);
            inUse = await db.KeysInUse.AsNoTracking().OrderBy(k => k.Number).ToListAsync(ct);
        }
        foreach (var key in inUse)
            if (!Fingerprint(key.Number).AsSpan().SequenceEqual(key.Fingerprint))
                throw new KeyMissingException($"{PathOf(key.Number)} is not the key that this database relies on. {Restore}");
        return newest = inUse[^1].Number;
    }

    /// <summary>Adds the next key in the caller's transaction; it is in use from the commit on. Answers its number.</summary>
    public async Task<int> AddAsync(SafetyAuditDb db, CancellationToken ct)
    {
        int next = await AgreeAsync(db, ct) + 1;
        await MakeAsync(next, ct);
        db.KeysInUse.Add(new KeyInUse { Number = next, Fingerprint = Fingerprint(next) });
        await db.SaveChangesAsync(ct);
        return next;
    }

    /// <summary>The key of a purpose, from the master key with this number.</summary>
    /// <exception cref="KeyMissingException">The master key is not here.</exception>
    public ReadOnlySpan<byte> Key(KeyPurpose purpose, int number) => derived.GetOrAdd((purpose, number), _ => Derive(number, Codes.Of(purpose)));

    /// <summary>Number of the newest key in use, as last looked up.</summary>
    public int Newest => newest > 0 ? newest : throw new InvalidOperationException("The keys are used before the database was asked which it relies on.");

    /// <summary>Closes a small value so that only this key ring reads it: AES-GCM, the key's number and a random nonce in front.</summary>
    /// <param name="purpose">Whose key closes it.</param>
    /// <param name="number">Which of the master keys; the newest in use, as a rule.</param>
    /// <param name="content">What is closed.</param>
    /// <param name="place">Where it is kept, so that it can't be read in another place.</param>
    public byte[] Seal(KeyPurpose purpose, int number, ReadOnlySpan<byte> content, ReadOnlySpan<byte> place)
    {
        byte[] closed = new byte[Overhead + content.Length];
        BinaryPrimitives.WriteInt32LittleEndian(closed, number);
        var nonce = closed.AsSpan(sizeof(int), NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(Key(purpose, number), TagLength);
        cipher.Encrypt(nonce, content, closed.AsSpan(Overhead - TagLength, content.Length), closed.AsSpan(closed.Length - TagLength), place);
        return closed;
    }

    /// <summary>Opens what <see cref="Seal"/> closed.</summary>
    /// <exception cref="CryptographicException">It was changed, or belongs to another place or purpose.</exception>
    public byte[] Unseal(KeyPurpose purpose, ReadOnlySpan<byte> closed, ReadOnlySpan<byte> place)
    {
        if (closed.Length < Overhead) throw new CryptographicException("A sealed value is cut short.");
        byte[] content = new byte[closed.Length - Overhead];
        using var cipher = new AesGcm(Key(purpose, BinaryPrimitives.ReadInt32LittleEndian(closed)), TagLength);
        cipher.Decrypt(closed.Slice(sizeof(int), NonceLength), closed.Slice(Overhead - TagLength, content.Length), closed[^TagLength..], content, place);
        return content;
    }

    byte[] Fingerprint(int number) => Derive(number, "fingerprint")[..8];

    byte[] Derive(int number, string label) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, masters.GetOrAdd(number, Read), Length,
            info: Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"safetyaudit {label} {number}")));

    byte[] Read(int number)
    {
        string path = PathOf(number);
        if (!File.Exists(path)) throw new KeyMissingException($"The key {path} is missing, and the database relies on it. {Restore}");
        byte[] key = File.ReadAllBytes(path);
        return key.Length == Length ? key : throw new KeyMissingException($"The key {path} is damaged: it must have {Length} bytes. {Restore}");
    }

    // Whole or not at all, and never over another: processes that start together end up with one key.
    async Task MakeAsync(int number, CancellationToken ct)
    {
        string path = PathOf(number);
        if (OperatingSystem.IsWindows()) System.IO.Directory.CreateDirectory(Directory);
        else
        {
            const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            System.IO.Directory.CreateDirectory(Directory, mine);
            if (File.GetUnixFileMode(Directory) != mine) File.SetUnixFileMode(Directory, mine);
        }
        using var only = await FileLock.WaitAsync(Path.Combine(Directory, "keys.lock"), TimeSpan.FromSeconds(30), ct)
            ?? throw new IOException($"Another process has held keys.lock in {Directory} for half a minute. Wait for it, or stop it, then start again.");
        if (File.Exists(path)) return;
        string making = path + ".making";
        File.Delete(making);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(making, options))
        {
            file.Write(RandomNumberGenerator.GetBytes(Length));
            file.Flush(flushToDisk: true);
        }
        File.Move(making, path);
    }

    string PathOf(int number) => Path.Combine(Directory, $"key-{number.ToString(CultureInfo.InvariantCulture)}");
}

/// <summary>A key is not where it must be. Nothing is wrong with the file or the record at hand: once the key is back, work goes on.</summary>
public sealed class KeyMissingException(string message) : IOException(message);
