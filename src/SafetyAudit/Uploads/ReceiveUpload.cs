using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>How uploads are taken in.</summary>
/// <param name="DefaultTimeZone">IANA zone of clinics that have not said theirs.</param>
/// <param name="LargestFile">Bytes above which a file is refused.</param>
public sealed record UploadSettings(TimeZoneInfo DefaultTimeZone, long LargestFile);

/// <summary>How a file came about, and how it is to be taken.</summary>
/// <param name="AllOrNothing">Nothing of it is to count when a row of it is rejected.</param>
/// <param name="Purpose">A file, or what was done by hand.</param>
/// <param name="CorrectsVersion">The version that was looked at when it was corrected by hand.</param>
/// <param name="Why">Why, as the person said.</param>
/// <param name="Form">What it must be written as; told from the content when null.</param>
/// <param name="Name">The sender's own name for this delivery: under it the file is taken once, and its uploads are answered each time.</param>
/// <param name="MayAsk">Whether a table with unknown columns is kept until someone says which is which, instead of being refused.</param>
/// <param name="AskAnew">Whether to ask although columns with these names were mapped before.</param>
public sealed record SentHow(bool AllOrNothing = false, UploadPurpose Purpose = UploadPurpose.File, int? CorrectsVersion = null, string? Why = null, FileForm? Form = null, DeliveryName? Name = null, bool MayAsk = false, bool AskAnew = false);

/// <summary>Takes a file in: keeps its bytes, looks at its header, records it. After this it can't be lost; reading it is <see cref="ProcessUploads"/>'s work.</summary>
public sealed class ReceiveUpload(
    IDbContextFactory<SafetyAuditDb> databases, DatabaseSettings database, KeyRing keys, UploadSettings settings, TimeProvider time)
{
    const string Arriving = ".arriving";

    /// <summary>Columns that a practitioners file never has.</summary>
    static readonly string[] OfOthers = ["session_id", "event_id", "patient_id"];

    /// <summary>Answers one upload for each kind of record in the file, in the order in which they will be read: a CSV file has one, a FHIR file up to three.</summary>
    /// <param name="content">The file's bytes, read once from front to back.</param>
    /// <param name="fileName">Its name, for people; never used as a path.</param>
    /// <param name="kind">What it holds; told from the content when null. Of a FHIR file, the kind to take alone.</param>
    /// <param name="clinicId">The clinic it is sent for, or null when its rows name theirs. A clinic not known yet is added by its practitioners file.</param>
    /// <param name="by">Who sent it.</param>
    /// <param name="ct">Stops the taking in; nothing is kept then.</param>
    /// <param name="how">How it came about, and how it is to be taken.</param>
    /// <exception cref="FileRefusedException">It can't be such a file; nothing is kept.</exception>
    /// <exception cref="DeliveryDiffersException">Something else came under this name before; nothing is kept.</exception>
    public async Task<IReadOnlyList<Upload>> ReceiveAsync(Stream content, string fileName, RecordKind? kind, string? clinicId, Actor by, CancellationToken ct, SentHow? how = null)
    {
        how ??= new();
        string folder = Path.Combine(database.Directory, "uploads");
        Directory.CreateDirectory(folder);
        string arriving = Path.Combine(folder, Guid.NewGuid().ToString("N") + Arriving);
        try
        {
            var (fingerprint, bytes) = await KeepAsync(content, arriving, ct);
            await using var db = await databases.OpenAsync(by, ct);
            var (kinds, mapping, status) = await RecogniseAsync(db, () => SealedFile.Open(arriving, keys), kind, clinicId, how, ct);
            var now = time.UtcNow();
            if (clinicId is null ? by.Scope.Clinics is not null : !by.Scope.HasClinic(clinicId))
                throw new FileRefusedException("Send the file for one of your clinics: choose it beside the file.");
            bool isNew = clinicId != null && !await db.Clinics.AnyAsync(c => c.Id == clinicId, ct);
            if (isNew && !kinds.Contains(RecordKind.Practitioners)) throw UnknownClinic(clinicId!);
            // All of a file's kinds or none; one by one, since they are read in the order of their numbers. Of the same delivery twice at once, one waits for the other.
            await using var transaction = how.Name is null ? await db.Database.BeginTransactionAsync(ct) : await db.BeginAloneAsync(ExclusiveWork.Deliveries, ct);
            if (await DeliveredAsync(db, how.Name, fingerprint, arriving, ct) is { } before) return before;
            // Moved into place before it is recorded: a crash in between leaves a file without a record, never a record without its file.
            // Over what is kept of the same file already: the same content, and should those bytes have come to harm, these have not.
            File.Move(arriving, PathOf(database, fingerprint), overwrite: true);
            if (isNew) db.Clinics.Add(new Clinic { Id = clinicId!, Name = clinicId!, TimeZone = settings.DefaultTimeZone.Id, AddedAtUtc = now });
            var uploads = new List<Upload>();
            foreach (var held in kinds)
            {
                uploads.Add(new Upload
                {
                    FileName = Shorten(fileName), Kind = held, ClinicId = clinicId, Fingerprint = fingerprint, Bytes = bytes,
                    ReceivedAtUtc = now, ReceivedBy = by.Name, Status = status, MappingId = mapping?.Id,
                    AllOrNothing = how.AllOrNothing, Purpose = how.Purpose, CorrectsVersion = how.CorrectsVersion, Why = how.Why,
                });
                db.Uploads.Add(uploads[^1]);
                await db.SaveChangesAsync(ct);
            }
            if (how.Name is { } name)
            {
                db.Deliveries.Add(new Delivery
                {
                    Sender = name.Sender, NameHash = name.Hash, Asked = name.Asked, ClinicId = clinicId, Fingerprint = fingerprint,
                    UploadIds = [.. uploads.Select(u => u.Id.ToString(CultureInfo.InvariantCulture))], MadeAtUtc = now,
                });
                await db.SaveChangesAsync(ct);
            }
            await transaction.CommitAsync(ct);
            return uploads;
        }
        finally
        {
            File.Delete(arriving);
        }
    }

    // The uploads of a delivery that came before, or nothing.
    async Task<IReadOnlyList<Upload>?> DeliveredAsync(SafetyAuditDb db, DeliveryName? name, string fingerprint, string arriving, CancellationToken ct)
    {
        if (name is null || await Delivery.FindAsync(db, name, ct) is not { } before) return null;
        int key = int.Parse(before.Fingerprint.Split('-')[0], CultureInfo.InvariantCulture);
        // A key may have been added in between: the bytes are compared under the one of then.
        if (key != keys.Newest)
        {
            await using var content = SealedFile.Open(arriving, keys);
            fingerprint = $"{key}-{Convert.ToHexStringLower(await HMACSHA256.HashDataAsync(keys.Key(KeyPurpose.Fingerprints, key).ToArray(), content, ct))}";
        }
        if (before.Asked != name.Asked || before.Fingerprint != fingerprint) throw new DeliveryDiffersException();
        long[] ids = [.. before.UploadIds.Select(id => long.Parse(id, CultureInfo.InvariantCulture))];
        return await db.Uploads.AsNoTracking().Where(u => ids.Contains(u.Id)).OrderBy(u => u.Id).ToListAsync(ct);
    }

    internal static FileRefusedException UnknownClinic(string code) =>
        new($"No clinic has the code {code}. Correct it, send the clinic's practitioners first, or add it with `safetyaudit clinic {code}`.");

    /// <summary>Deletes what uploads that were cut off by a crash left behind. A file still arriving is written to all the time, and left alone.</summary>
    public void SweepArriving()
    {
        var folder = new DirectoryInfo(Path.Combine(database.Directory, "uploads"));
        if (!folder.Exists) return;
        foreach (var file in folder.EnumerateFiles("*" + Arriving).Where(f => f.LastWriteTimeUtc < DateTime.UtcNow.AddHours(-1))) file.Delete();
    }

    /// <summary>Where the bytes of an upload are kept, sealed.</summary>
    public static string PathOf(DatabaseSettings database, string fingerprint) => Path.Combine(database.Directory, "uploads", fingerprint + ".csv.sealed");

    // A header that is none of ours and that someone mapped before is read in that way; whoever says which kind it is may mean another.
    internal static async Task<(IReadOnlyList<RecordKind> Kinds, ColumnMapping? Mapping, UploadStatus Status)> RecogniseAsync(
        SafetyAuditDb db, Func<Stream> content, RecordKind? kind, string? clinicId, SentHow how, CancellationToken ct)
    {
        try { return (KindsOf(content, kind, how.Form), null, UploadStatus.Received); }
        catch (ColumnsUnknownException)
        {
            if (!how.AskAnew && await MappingForAsync(db, content, kind, clinicId, ct) is { } mapping) return ([mapping.Kind], mapping, UploadStatus.Received);
            if (!how.MayAsk) throw;
            return ([kind ?? RecordKind.Sessions], null, UploadStatus.NeedsColumns);
        }
    }

    /// <summary>The newest mapping that was made for files with this header, the clinic's own before one for all.</summary>
    static async Task<ColumnMapping?> MappingForAsync(SafetyAuditDb db, Func<Stream> content, RecordKind? kind, string? clinicId, CancellationToken ct)
    {
        string digest;
        using (var rows = Rows.OpenTable(content)) digest = ColumnMapping.DigestOf(rows.Headers);
        return await db.ColumnMappings.AsNoTracking().Where(m => m.HeaderDigest == digest && (kind == null || m.Kind == kind) && (m.ClinicId == null || m.ClinicId == clinicId))
            .OrderByDescending(m => m.ClinicId != null).ThenByDescending(m => m.Id).FirstOrDefaultAsync(ct);
    }

    /// <summary>What a file holds, in the order in which it is read.</summary>
    internal static IReadOnlyList<RecordKind> KindsOf(Func<Stream> content, RecordKind? asked, FileForm? wanted = null)
    {
        var form = Rows.FormOf(content);
        if (wanted is { } only && only != form) throw new FileRefusedException(only == FileForm.Fhir
            ? "It is no FHIR: the first object has no resourceType. Send a Bundle, one resource, or one resource per line."
            : "It is no JSON in the members of these records: FHIR resources go to /api/v1/fhir. Send one object, an array of objects, or one object per line.");
        if (form == FileForm.Table) return [KindOf(content, asked)];
        if (form == FileForm.Json)
        {
            try { return [KindOf(JsonRows.NamesIn(content), asked)]; }
            catch (ColumnsUnknownException)
            {
                throw new FileRefusedException("The file is JSON, and its first object is no record: it needs event_id (events), session_id and started_at (sessions), practitioner_id (practitioners), follow_up_id (follow-ups) or patient_id and valid_from (patients). Name them so, or send the records as \"CSV UTF-8 (comma delimited)\".");
            }
        }
        var kinds = FhirRows.KindsIn(content);
        if (asked is not { } one) return kinds;
        return kinds.Contains(one) ? [one] : throw new FileRefusedException($"The file has no {Codes.Of(one)}; it has {string.Join(" and ", kinds.Select(Codes.Of))}.");
    }

    /// <summary>What a table holds, by its header; refuses a header that fits no kind, or not the kind asked for.</summary>
    internal static RecordKind KindOf(Func<Stream> content, RecordKind? asked)
    {
        using var rows = Rows.OpenTable(content);
        var kind = KindOf(rows.Headers, asked);
        Intake.Of(kind).Match(rows.Headers);
        return kind;
    }

    static RecordKind KindOf(IReadOnlyList<string> names, RecordKind? asked)
    {
        var headers = names.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var kind = asked ?? (headers.Contains("follow_up_id") ? RecordKind.FollowUps
            : headers.Contains("event_id") ? RecordKind.Events
            : headers.Contains("session_id") && headers.Contains("started_at") ? RecordKind.Sessions
            : headers.Contains("patient_id") && headers.Contains("valid_from") && !headers.Contains("session_id") ? RecordKind.Patients
            : headers.Contains("practitioner_id") && !headers.Overlaps(OfOthers) ? RecordKind.Practitioners
            : throw new ColumnsUnknownException("The header fits no kind of file. It needs event_id (events), session_id and started_at (sessions), practitioner_id (practitioners), follow_up_id (follow-ups) or patient_id and valid_from (patients)."));
        // Sessions and events name practitioners too: read as practitioners they would blank what is known of them.
        if (kind == RecordKind.Practitioners && headers.Overlaps(OfOthers))
            throw new FileRefusedException("The header has session_id, event_id or patient_id: this is no practitioners file. Send it as what it is.");
        return kind;
    }

    async Task<(string Fingerprint, long Bytes)> KeepAsync(Stream content, string path, CancellationToken ct)
    {
        int key = keys.Newest;
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.Key(KeyPurpose.Fingerprints, key));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        long bytes = 0;
        try
        {
            using var file = SealedFile.Create(path, keys);
            int read;
            while ((read = await content.ReadAsync(buffer, ct)) > 0)
            {
                bytes += read;
                if (bytes > settings.LargestFile) throw new FileRefusedException($"The file is larger than {settings.LargestFile / (1024 * 1024):N0} MB. Split it, or raise Uploads:LargestMegabytes.");
                hash.AppendData(buffer, 0, read);
                file.Write(buffer.AsSpan(0, read));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return ($"{key}-{Convert.ToHexStringLower(hash.GetHashAndReset())}", bytes);
    }

    static string Shorten(string fileName)
    {
        string name = new([.. Path.GetFileName(fileName.Replace('\\', '/')).Where(c => !char.IsControl(c) && char.GetUnicodeCategory(c) != System.Globalization.UnicodeCategory.Format)]);
        return name.Length switch { 0 => "file.csv", > 200 => name[..200], _ => name };
    }
}
