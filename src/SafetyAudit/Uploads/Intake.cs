using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>One version of a record that the store already holds.</summary>
readonly record struct Known(string Key, int Version, byte[] Digest, long UploadId);

/// <summary>All that the store holds of one record: its newest version, and the content of every one. What was taken back is as if it had not been sent; its numbers are not given again.</summary>
sealed class KnownRecord
{
    readonly List<byte[]> digests = [];

    /// <summary>The newest version that was not taken back.</summary>
    public Known Newest { get; private set; }

    /// <summary>The highest number that a version ever had.</summary>
    public int LastVersion { get; private set; }

    /// <summary>Whether there is a version that was not taken back.</summary>
    public bool IsThere => digests.Count > 0;

    public void Add(Known version, bool takenBack = false)
    {
        LastVersion = Math.Max(LastVersion, version.Version);
        if (takenBack) return;
        digests.Add(version.Digest);
        if (version.Version > Newest.Version) Newest = version;
    }

    /// <summary>Gives no number again that another record had which is one with this.</summary>
    public KnownRecord After(KnownRecord? other)
    {
        LastVersion = Math.Max(LastVersion, other?.LastVersion ?? 0);
        return this;
    }

    /// <summary>Whether this content was ever sent: an old file sent again must not undo what came after it.</summary>
    public bool HasSeen(byte[] digest) => digests.Exists(d => d.AsSpan().SequenceEqual(digest));
}

/// <summary>One kind of record on its way in, as SQL sees it: where it is kept, and how it is told from others there.</summary>
abstract class Intake
{
    /// <summary>Every kind, in the order in which files are best read.</summary>
    public static readonly IReadOnlyList<Intake> All = [new PractitionerIntake(), new SessionIntake(), new EventIntake(), new FollowUpIntake(), new PatientIntake()];

    public static Intake Of(RecordKind kind) => All.Single(i => i.Kind == kind);

    public abstract RecordKind Kind { get; }

    public abstract string Table { get; }

    /// <summary>SQL that holds of two versions of one record; <c>a</c> is the newer row, <c>b</c> the older.</summary>
    public abstract string SameRecord { get; }

    /// <summary>Name of the id column, by which quarantined rows are found again.</summary>
    public abstract string IdColumn { get; }

    /// <summary>SQL of a row's id, as <see cref="Intake{T}.IdOf"/> gives it.</summary>
    public virtual string IdIn(string alias) => $"{alias}.{IdColumn}";

    /// <summary>SQL that marks the practitioner-days whose summaries this upload (<c>{0}</c>) makes stale.</summary>
    public abstract string MarkStale { get; }

    /// <summary>A record as a row of a file: each column with its cell.</summary>
    public abstract IReadOnlyList<(string Column, string Cell)> CellsOf(Record record);

    /// <summary>Line and version of every record that an upload stored.</summary>
    public abstract Task<Dictionary<long, int>> StoredAsync(SafetyAuditDb db, long uploadId, CancellationToken ct);

    /// <summary>The columns that a file of this kind may have.</summary>
    public abstract IReadOnlyList<ColumnFacts> Columns { get; }

    /// <summary>What is wrong with the current row, without storing anything.</summary>
    public abstract List<Reason> Try(Rows rows, RowContext context);

    /// <summary>Refuses a header that lacks a column of this kind which every row must have, or has one twice.</summary>
    public abstract void Match(IReadOnlyList<string> headers);
}

/// <summary>One kind of record on its way in: its columns, the checks over a whole row, and how it is told from others.</summary>
abstract class Intake<T> : Intake where T : Record, new()
{
    public abstract Layout<T> Layout { get; }

    public sealed override IReadOnlyList<ColumnFacts> Columns => [.. Layout.Facts.Select(c => c with { Allowed = AllowedIn(c.Name) ?? c.Allowed })];

    /// <summary>The codes of a column whose type does not tell them.</summary>
    protected virtual IReadOnlyList<string>? AllowedIn(string column) => null;

    public sealed override List<Reason> Try(Rows rows, RowContext context)
    {
        if (rows.Problem is { } problem) return [problem];
        var reasons = new List<Reason>();
        Check(Layout.Read(rows, Layout.Match(rows.Headers), context, reasons), context, reasons);
        rows.Complete(reasons);
        return reasons;
    }

    public sealed override void Match(IReadOnlyList<string> headers) => Layout.Match(headers);

    public sealed override IReadOnlyList<(string Column, string Cell)> CellsOf(Record record) => Layout.CellsOf((T)record);

    public sealed override Task<Dictionary<long, int>> StoredAsync(SafetyAuditDb db, long uploadId, CancellationToken ct) =>
        db.Set<T>().Where(r => r.UploadId == uploadId).Select(r => new { r.Line, r.Version }).ToDictionaryAsync(r => r.Line, r => r.Version, ct);

    /// <summary>The record's own id, as in the file.</summary>
    public abstract string IdOf(T record);

    /// <summary>What tells the record from all others: its id, within its clinic where ids are a clinic's own.</summary>
    public abstract string KeyOf(T record);

    /// <summary>Checks over several columns, and against what is known. Changes nothing but the record.</summary>
    public abstract void Check(T record, RowContext context, List<Reason> reasons);

    /// <summary>The clinic of a record, where its id is a clinic's own.</summary>
    public virtual string? ClinicOf(T record) => null;

    /// <summary>Every version of the records with these ids.</summary>
    public abstract Task<List<Known>> KnownAsync(SafetyAuditDb db, List<string> ids, CancellationToken ct);

    /// <summary>Checks against what is stored, and fills in what the store knows better. Adds reasons to the rows they are about.</summary>
    public virtual Task SettleAsync(SafetyAuditDb db, IReadOnlyList<T> records, Dictionary<string, KnownRecord> known, Action<T, Reason> reject, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Whether <see cref="SettleAsync"/> may change what the digest covers. Where it doesn't, digests are made while a file is read.</summary>
    public virtual bool SettlesContent => true;

    /// <summary>Stores what records need before they can be stored themselves.</summary>
    public virtual Task PrepareAsync(SafetyAuditDb db, List<T> records, RowContext context, CancellationToken ct) => Task.CompletedTask;

    /// <summary>What the program worked out of the record when it came: says what is no longer so, or nothing.</summary>
    public virtual string? NoLongerDerived(T record, IReadOnlyDictionary<string, TimeZoneInfo> zones) => null;

    /// <summary>Adds a reason where an instant lies in the future.</summary>
    protected static void NotInFuture(DateTime? instant, string column, RowContext context, List<Reason> reasons)
    {
        if (instant is { } at && at > context.LatestUtc) reasons.Add(new(ReasonCode.DateInFuture, column, Text(at), $"{column} is in the future. Correct the date."));
    }

    /// <summary>Adds a reason where something ends before it began.</summary>
    protected static void InOrder(DateTime? start, DateTime? end, string endColumn, string startColumn, List<Reason> reasons)
    {
        if (start > end) reasons.Add(new(ReasonCode.EndsBeforeStart, endColumn, Text(end.Value), $"{endColumn} is before {startColumn}. Correct one of them."));
    }

    protected static string Text(DateTime instant) => instant.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The clinic of a row: its own, else the one the file was sent for; a row of another clinic than that is not taken.</summary>
    protected static string? ClinicOf(string? named, RowContext context, List<Reason> reasons)
    {
        if (named is { Length: > 0 } && context.ScopeClinic is { } scope && named != scope)
            reasons.Add(new(ReasonCode.ClinicMismatch, "clinic_id", named, $"The file was sent for clinic {scope}. Send the rows of other clinics for those."));
        return named is { Length: > 0 } ? named : context.ScopeClinic;
    }

    protected static void ClinicIsKnown(string? clinic, RowContext context, List<Reason> reasons)
    {
        if (clinic is { Length: > 0 } && !context.Zones.ContainsKey(clinic))
            reasons.Add(new(ReasonCode.ClinicUnknown, "clinic_id", clinic, "No clinic has this code. Correct it, or add the clinic with a practitioners file or `safetyaudit clinic`."));
    }
}
