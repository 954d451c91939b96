using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

public enum QuarantineClosure
{
    /// <summary>The record came in later under the same id.</summary>
    Accepted,
    /// <summary>The same row was sent and rejected again; the newer one stands for it.</summary>
    SentAgain,
    /// <summary>The file was cancelled or undone.</summary>
    TakenBack,
}

/// <summary>
/// A row that was not taken, with its text as it came and every reason. The text may name a patient, so the database holds it sealed, and with it what the
/// reasons quote; whoever reads a row from there opens it with <see cref="Unseal"/>.
/// </summary>
public sealed class QuarantinedRow
{
    Content? content;

    public long Id { get; set; }
    public long UploadId { get; set; }
    public RecordKind Kind { get; set; }
    public long Line { get; set; }

    /// <summary>The record's id where the row has a readable one.</summary>
    public string? RecordId { get; set; }

    /// <summary>The clinic the row belongs to, where that is known.</summary>
    public string? ClinicId { get; set; }

    /// <summary>Codes of the reasons, in their order: all that is said of them in the open.</summary>
    public IReadOnlyList<string> ReasonCodes { get; set; } = [];

    /// <summary>Text and reasons, sealed; empty before <see cref="Seal"/>.</summary>
    public byte[] Sealed { get; set; } = [];

    /// <summary>By which the same row sent again is recognised. Keyed, so that nobody can try out what the row may say.</summary>
    public byte[] TextDigest { get; set; } = [];

    public DateTime ReceivedAtUtc { get; set; }
    public DateTime? ClosedAtUtc { get; set; }
    public QuarantineClosure? Closure { get; set; }

    public const int LongestText = 16_384;

    /// <summary>The row as it stands in the file; cut where it is longer than <see cref="LongestText"/>.</summary>
    public string Text => Opened.Text;

    /// <summary>Every reason why it was not taken.</summary>
    public IReadOnlyList<Reason> Reasons => Opened.Reasons;

    /// <summary>Says what came, before the row is stored.</summary>
    public QuarantinedRow With(string text, IReadOnlyList<Reason> reasons)
    {
        content = new(text, reasons);
        ReasonCodes = [.. reasons.Select(r => Codes.Of(r.Code))];
        return this;
    }

    /// <summary>Closes text and reasons under a key, for the database.</summary>
    public void Seal(KeyRing keys, int key)
    {
        Sealed = keys.Seal(KeyPurpose.Quarantine, key, JsonSerializer.SerializeToUtf8Bytes(Opened, Json.Options), Place);
        TextDigest = HMACSHA256.HashData(keys.Key(KeyPurpose.QuarantineDigests, key), Encoding.UTF8.GetBytes(Text))[..16];
    }

    /// <summary>Opens text and reasons of a row from the database. Answers the row itself.</summary>
    public QuarantinedRow Unseal(KeyRing keys)
    {
        content = JsonSerializer.Deserialize<Content>(keys.Unseal(KeyPurpose.Quarantine, Sealed, Place), Json.Options)!;
        return this;
    }

    Content Opened => content ?? throw new InvalidOperationException("The row is sealed. Open it with Unseal first.");

    // A sealed text belongs to its line of its upload and opens nowhere else.
    byte[] Place => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{UploadId}:{Line}"));

    sealed record Content(string Text, IReadOnlyList<Reason> Reasons);
}
