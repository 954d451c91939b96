using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>What a sender calls one delivery, so that it can be sent again when the answer was lost: an idempotency key, a file on its way, a form that was opened.</summary>
/// <param name="Sender">Whose name it is: no sender's names meet another's.</param>
/// <param name="Name">The name; only its hash is kept.</param>
/// <param name="Asked">What was asked for with it.</param>
public sealed record DeliveryName(string Sender, string Name, string Asked)
{
    public string Hash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Name)));
}

/// <summary>Something that was taken in under a sender's own name for it: it has its effect once, and the same answer each time. Comes about with its uploads.</summary>
/// <remarks>Not told to the trail: it is kept for a day, and says only what the uploads say, which the trail is told of.</remarks>
[Unaudited]
public sealed class Delivery
{
    /// <summary>How long a name is remembered at least.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(24);

    public long Id { get; set; }
    public required string Sender { get; set; }
    public required string NameHash { get; set; }
    public required string Asked { get; set; }
    public string? ClinicId { get; set; }

    /// <summary>Of the bytes that came, as <see cref="Upload.Fingerprint"/>.</summary>
    public required string Fingerprint { get; set; }

    public required IReadOnlyList<string> UploadIds { get; set; }
    public DateTime MadeAtUtc { get; set; }

    /// <summary>What was answered, sealed, since it may quote the rows; empty until it is known.</summary>
    public byte[]? Answer { get; set; }

    /// <summary>The delivery of this name, whoever asks: it is looked for by its sender.</summary>
    public static Task<Delivery?> FindAsync(SafetyAuditDb db, DeliveryName name, CancellationToken ct) =>
        db.Deliveries.IgnoreQueryFilters().AsNoTracking().SingleOrDefaultAsync(d => d.Sender == name.Sender && d.NameHash == name.Hash, ct);

    /// <summary>What was answered, or nothing yet.</summary>
    public byte[]? OpenAnswer(KeyRing keys) => Answer is { } closed ? keys.Unseal(KeyPurpose.Answers, closed, Place(Sender, NameHash)) : null;

    /// <summary>Keeps an answer, unless one was given before.</summary>
    public static Task KeepAnswerAsync(SafetyAuditDb db, DeliveryName name, byte[] answer, KeyRing keys, CancellationToken ct)
    {
        byte[] closed = keys.Seal(KeyPurpose.Answers, keys.Newest, answer, Place(name.Sender, name.Hash));
        return db.Deliveries.IgnoreQueryFilters().Where(d => d.Sender == name.Sender && d.NameHash == name.Hash && d.Answer == null)
            .ExecuteUpdateAsync(set => set.SetProperty(d => d.Answer, closed), ct);
    }

    /// <summary>Forgets what is old; later what came from the watched folder, where a file may lie for as long as no worker runs.</summary>
    public static Task SweepAsync(SafetyAuditDb db, DateTime now, CancellationToken ct)
    {
        var (since, longSince) = (now - Kept, now - 30 * Kept);
        return db.Deliveries.Where(d => d.MadeAtUtc < longSince || d.MadeAtUtc < since && d.Sender != WatchedFolder.Sender).ExecuteDeleteAsync(ct);
    }

    static byte[] Place(string sender, string nameHash) => Encoding.UTF8.GetBytes($"{sender}\n{nameHash}");
}

/// <summary>Something else came under this name before.</summary>
public sealed class DeliveryDiffersException() : Exception("Something else came under this name before.");
