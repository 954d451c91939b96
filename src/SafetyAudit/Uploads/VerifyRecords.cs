using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>Where the bytes of files are kept, and the keys that open them.</summary>
public sealed record KeptFiles(DatabaseSettings Database, KeyRing Keys);

/// <summary>
/// Compares all that is kept with what the audit trail says was stored: finds what was altered, added, hidden or taken out directly in the database. Check
/// the chain itself first (<see cref="VerifyTrail"/>): this takes its entries as true. Read in one snapshot, or what others change meanwhile looks altered.
/// </summary>
public static class VerifyRecords
{
    /// <summary>What is wrong, as many as there are, in words that name the record and where it came from.</summary>
    public static IAsyncEnumerable<string> RunAsync(SafetyAuditDb db, CancellationToken ct) => RunAsync(db, [], null, ct);

    /// <summary>The same, and in words what was compared and what could not be.</summary>
    /// <param name="db">What is kept.</param>
    /// <param name="said">Takes the words.</param>
    /// <param name="kept">The bytes kept of files, by which a record that was taken out is named; without them its batch is.</param>
    /// <param name="ct">Stops it.</param>
    public static async IAsyncEnumerable<string> RunAsync(SafetyAuditDb db, ICollection<string> said, KeptFiles? kept, [EnumeratorCancellation] CancellationToken ct)
    {
        var unreadable = false;
        await foreach (var fault in VerifyRows.RunAsync(db, said, ct))
        {
            unreadable |= fault.IsUnreadable;
            yield return fault.What;
        }
        // What follows asks for clinics and uploads.
        if (unreadable) yield break;

        var zones = new Dictionary<string, TimeZoneInfo>();
        foreach (var clinic in await db.Clinics.AsNoTracking().ToListAsync(ct))
            if (TimeZoneInfo.TryFindSystemTimeZoneById(clinic.TimeZone, out var zone)) zones[clinic.Id] = zone;
        var rejected = await db.QuarantinedRows.GroupBy(q => q.UploadId).Select(g => new { g.Key, Rows = g.LongCount() }).ToDictionaryAsync(q => q.Key, q => q.Rows, ct);
        long records = 0;
        foreach (var upload in await db.Uploads.AsNoTracking().OrderBy(u => u.Id).ToListAsync(ct))
        {
            var faults = upload.Kind switch
            {
                RecordKind.Sessions => OfUploadAsync(db, new SessionIntake(), upload, zones, kept, () => records++, ct),
                RecordKind.Events => OfUploadAsync(db, new EventIntake(), upload, zones, kept, () => records++, ct),
                RecordKind.FollowUps => OfUploadAsync(db, new FollowUpIntake(), upload, zones, kept, () => records++, ct),
                RecordKind.Patients => OfUploadAsync(db, new PatientIntake(), upload, zones, kept, () => records++, ct),
                _ => OfUploadAsync(db, new PractitionerIntake(), upload, zones, kept, () => records++, ct),
            };
            if (await BecameAsync(db, upload, rejected.GetValueOrDefault(upload.Id), ct) is { } became) yield return became;
            await foreach (string fault in faults) yield return fault;
        }
        foreach (var intake in Intake.All)
        {
            foreach (string fault in await StrayAsync(db, intake, ct)) yield return fault;
            foreach (string fault in await VersionsAsync(db, intake, ct)) yield return fault;
        }
        foreach (string fault in await LinksAsync(db, ct)) yield return fault;
        said.Add($"{records} versions of records compared, with which of them count and which session each event is joined to");
        said.Add("rows in quarantine compared by their number; who closed one, and when, is not told to the trail");
    }

    // A file's end, as its row says it and as the trail was told.
    static async Task<string?> BecameAsync(SafetyAuditDb db, Upload upload, long rejected, CancellationToken ct)
    {
        string subject = $"upload {upload.Id}";
        var entries = await db.AuditEntries.AsNoTracking().Where(e => e.Subject == subject && (e.Action == AuditAction.Completed || e.Action == AuditAction.Failed))
            .OrderBy(e => e.Sequence).Select(e => new { e.Action, e.After, e.Why }).ToListAsync(ct);
        var completed = entries.Find(e => e.Action == AuditAction.Completed);
        var failed = entries.Find(e => e.Action == AuditAction.Failed);
        var became = completed is not null ? upload.TakenBackAtUtc is null ? UploadStatus.Completed : UploadStatus.Undone
            : failed is not null ? UploadStatus.Failed
            // A cancelled file is cleared away by whoever would read it next.
            : upload.TakenBackAtUtc is not null && upload.Status != UploadStatus.Processing ? UploadStatus.Cancelled
            : upload.Status is UploadStatus.Received or UploadStatus.NeedsColumns ? upload.Status : UploadStatus.Processing;
        if (upload.Status != became)
            return $"{subject} is marked {Codes.Of(upload.Status)}, which is not what the trail says became of it";
        if (upload.Failure != failed?.Why) return $"{subject} was altered: why it failed is not what the trail says";
        if (completed is null) return null;
        var told = JsonSerializer.Deserialize<ReadRows>(completed.After!, Json.Options)!;
        if (told != ReadRows.Of(upload)) return $"{subject} was altered: it says {Say(ReadRows.Of(upload))}, and the trail {Say(told)}";
        return rejected == told.RowsRejected ? null : $"{subject} has {rejected} rows in quarantine, where the trail says that {told.RowsRejected} were rejected";

        static string Say(ReadRows rows) => JsonSerializer.Serialize(rows, Json.Options);
    }

    // Rows that no walk over the uploads comes by.
    static Task<List<string>> StrayAsync(SafetyAuditDb db, Intake intake, CancellationToken ct) =>
#pragma warning disable EF1002 // names come from the intakes
        db.Database.SqlQueryRaw<string>($"""SELECT '{intake.IdColumn} ' || {intake.IdIn("b")} || ': was added under an upload that is no file of {Codes.Of(intake.Kind)}' AS "Value" FROM {intake.Table} b WHERE NOT EXISTS (SELECT 1 FROM uploads u WHERE u.id = b.upload_id AND u.kind = '{Codes.Of(intake.Kind)}') ORDER BY 1""").ToListAsync(ct);
#pragma warning restore EF1002

    sealed record Link(string EventId, string? OldSessionId, string? SessionId);

    // Which session each event and each follow-up counts with, worked out anew by the rules that joined them.
    static async Task<List<string>> LinksAsync(SafetyAuditDb db, CancellationToken ct)
    {
        var faults = new List<string>();
#pragma warning disable EF1002 // our own text
        foreach (var link in await db.Database.SqlQueryRaw<Link>($"""SELECT event_id AS "EventId", old_session_id AS "OldSessionId", session_id AS "SessionId" FROM ({LinkEvents.Rule(db, "1 = 1")}) r WHERE {LinkEvents.Differs} ORDER BY 1""").ToListAsync(ct))
            faults.Add(link.OldSessionId is null && link.SessionId is not null
                ? $"event_id {link.EventId}: its session is here, and it was made to count with none" : $"event_id {link.EventId}: it was made to count with another session than it can mean, or with none");
        foreach (string id in await db.Database.SqlQueryRaw<string>($"""SELECT follow_up_id AS "Value" FROM ({LinkFollowUps.Rule("1 = 1")}) r WHERE {LinkFollowUps.Differs} ORDER BY 1""").ToListAsync(ct))
            faults.Add($"follow_up_id {id}: it was made to count with another session than it can mean, or with none");
#pragma warning restore EF1002
        // A version that stepped back keeps the session it counted with then; it must have been one of the same patient's.
        const string impossible = """
            superseded_at_utc IS NOT NULL AND (linked_session_id IS NOT NULL OR linked_clinic_id IS NOT NULL)
            AND (link_method IS NULL OR NOT EXISTS (SELECT 1 FROM sessions s WHERE s.session_id = e.linked_session_id AND s.clinic_id = e.linked_clinic_id AND s.patient_id || '' = e.patient_id))
            """;
        foreach (string id in await db.Database.SqlQueryRaw<string>($"""SELECT event_id AS "Value" FROM adverse_events e WHERE {impossible} ORDER BY 1""").ToListAsync(ct))
            faults.Add($"event_id {id}: it was made to count with another session than it can mean, or with none");
        return faults;
    }

    static async IAsyncEnumerable<string> OfUploadAsync<T>(SafetyAuditDb db, Intake<T> intake, Upload upload, Dictionary<string, TimeZoneInfo> zones, KeptFiles? kept, Action count, [EnumeratorCancellation] CancellationToken ct) where T : Record, new()
    {
        string subject = $"upload {upload.Id}";
        // What was stored of a file that failed or was cancelled was taken out again.
        var stored = upload.Status is UploadStatus.Failed or UploadStatus.Cancelled ? [] : await StoredRows.OfUploadAsync(db, upload, ct);

        using var scratch = new MemoryStream();
        int next = 0;
        var batch = new List<T>();
        await foreach (var (row, unreadable) in db.Set<T>().AsNoTracking().Where(r => r.UploadId == upload.Id).OrderBy(r => r.Line).ThenBy(r => r.Id).AsAsyncEnumerable().Readable(ct))
        {
            if (row is not { } record)
            {
                yield return $"a record of {subject} can't be read: {unreadable}";
                yield break;
            }
            count();
            while (next < stored.Count && record.Line > stored[next].Rows.LastLine)
            {
                if (await CompareAsync() is { } fault) yield return fault;
            }
            if (next == stored.Count || record.Line < stored[next].Rows.FirstLine)
            {
                yield return $"{intake.IdOf(record)}, line {record.Line} of {subject}, is in no entry of the trail: it was added";
                continue;
            }
            byte[] digest = intake.Layout.Digest(record, scratch);
            // Told one by one where the record still carries its own digest; where that was made anew too, the entry's digest over the batch tells it.
            if (!digest.AsSpan().SequenceEqual(record.Digest)) yield return $"{intake.IdOf(record)}, line {record.Line} of {subject}, was altered: its content does not give its digest";
            if (record.ReceivedAtUtc != upload.ReceivedAtUtc) yield return $"{intake.IdOf(record)}, line {record.Line} of {subject}, was altered: it was received with its file";
            if (intake.NoLongerDerived(record, zones) is { } derived) yield return $"{intake.IdOf(record)}, line {record.Line} of {subject}, was altered: {derived}";
            batch.Add(record);
        }
        while (next < stored.Count)
            if (await CompareAsync() is { } fault) yield return fault;

        async Task<string?> CompareAsync()
        {
            var (entry, rows) = stored[next++];
            var found = StoredRows.Of(batch);
            var lines = batch.Select(r => r.Line).ToHashSet();
            batch.Clear();
            if (found == rows) return null;
            int gone = rows.Records - lines.Count;
            string names = gone > 0 && kept is not null ? await TakenOutAsync(db, intake, upload, rows, lines, zones, kept, ct) : "";
            return $"lines {rows.FirstLine} to {rows.LastLine} of {subject} are not what entry {entry.Sequence} says was stored: {rows.Records} records then, {found?.Records ?? 0} now{(gone == 0 ? ", with other content" : names)}";
        }
    }

    const int Named = 10;

    // What the bytes kept of a file say stood where no record is any more. A row that said again what was known made no version: where there are such, only a record of which nothing is left can be told.
    static async Task<string> TakenOutAsync<T>(
        SafetyAuditDb db, Intake<T> intake, Upload upload, StoredRows rows, HashSet<long> lines, Dictionary<string, TimeZoneInfo> zones, KeptFiles kept, CancellationToken ct) where T : Record, new()
    {
        var rejected = await db.QuarantinedRows.Where(q => q.UploadId == upload.Id && q.Line >= rows.FirstLine && q.Line <= rows.LastLine).Select(q => q.Line).ToListAsync(ct);
        var missing = new List<T>();
        try
        {
            var mapping = await db.ColumnMappings.AsNoTracking().SingleOrDefaultAsync(m => m.Id == upload.MappingId, ct);
            using var file = mapping is null ? Rows.Open(Content, intake.Layout) : new MappedRows(Rows.OpenTable(Content), mapping, intake.Columns);
            int[] places = intake.Layout.Match(file.Headers);
            await using var context = new RowContext(upload.ReceivedAtUtc, TimeZoneInfo.Utc, zones, null, upload.ClinicId, new Pseudonyms(kept.Keys, kept.Keys.Newest));
            while (file.Read() && file.Line <= rows.LastLine)
            {
                if (file.Line < rows.FirstLine || file.Problem is not null || lines.Contains(file.Line) || rejected.Contains(file.Line)) continue;
                var record = intake.Layout.Read(file, places, context, []);
                // For its clinic; whether it was a good row was found when it came.
                intake.Check(record, context, []);
                record.Line = file.Line;
                missing.Add(record);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DamagedFileException or FileRefusedException or System.Security.Cryptography.CryptographicException)
        {
            return "";
        }
        if (missing.Count != rows.Records - lines.Count)
        {
            var known = (await intake.KnownAsync(db, [.. missing.Select(intake.IdOf).Distinct()], ct)).Select(k => k.Key.Split('\n')[0]).ToHashSet();
            missing.RemoveAll(record => known.Contains(intake.IdOf(record)));
        }
        return missing.Count == 0 ? "" : $"; taken out: {string.Join(", ", missing.Take(Named).Select(r => $"{intake.IdOf(r)}, line {r.Line}"))}{(missing.Count > Named ? $" and {missing.Count - Named} more" : "")}";

        Stream Content() => SealedFile.Open(ReceiveUpload.PathOf(kept.Database, upload.Fingerprint), kept.Keys);
    }

    // A version counts until the next one came, no longer and no shorter, and steps back at the moment from which a newer one counts: whoever marks a record superseded hides it.
    // What was undone, and what says that a record should not be there, never stands as the one that counts.
    static async Task<List<string>> VersionsAsync(SafetyAuditDb db, Intake intake, CancellationToken ct)
    {
        string newer = $"EXISTS (SELECT 1 FROM {intake.Table} a JOIN uploads u ON u.id = a.upload_id AND u.status = 'completed' WHERE {intake.SameRecord} AND a.version > b.version)";
        string later = $"EXISTS (SELECT 1 FROM {intake.Table} a JOIN uploads u ON u.id = a.upload_id WHERE {intake.SameRecord} AND a.version > b.version AND u.completed_at_utc = b.superseded_at_utc)";
        string counts = $"o.status = 'completed' AND o.purpose <> 'withdrawal' AND ((superseded_at_utc IS NULL AND {newer}) OR (superseded_at_utc IS NOT NULL AND NOT ({newer} AND {later})))";
        string stands = $"(o.status = 'undone' OR o.purpose = 'withdrawal' AND o.status = 'completed') AND (superseded_at_utc IS NULL OR NOT (superseded_at_utc = o.taken_back_at_utc OR o.purpose = 'withdrawal' AND superseded_at_utc = o.completed_at_utc OR {later}))";
#pragma warning disable EF1002 // names come from the intakes
        var wrong = await db.Database.SqlQueryRaw<string>($"""SELECT {intake.IdIn("b")} AS "Value" FROM {intake.Table} b JOIN uploads o ON o.id = b.upload_id WHERE ({counts}) OR ({stands}) ORDER BY 1""").ToListAsync(ct);
#pragma warning restore EF1002
        return wrong.ConvertAll(id => $"{intake.IdColumn} {id}: which of its versions counts was altered");
    }
}
