using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Reports;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages.Records;

/// <summary>Who changed this: every version of one record beside the one before, with its sender, file and line, and the entries of the trail about its files.</summary>
[Needs(Permission.ReadRecords, EnterWhenFound = true)]
public sealed class HistoryModel(SafetyAuditDb db, TimeProvider time) : PageModel
{
    static readonly HashSet<string> Bookkeeping = [nameof(Record.Id), nameof(Record.UploadId), nameof(Record.Line), nameof(Record.ReceivedAtUtc), nameof(Record.Version), nameof(Record.SupersededAtUtc), nameof(Record.Digest)];

    /// <summary>One version: where it came from, and each field with what it was in the version before where that differs.</summary>
    public sealed record VersionOf(Record Record, Upload Upload, List<(string Name, string Value, string? Was)> Fields, TimeZoneInfo Zone)
    {
        public bool Counts => Record.SupersededAtUtc is null && Upload.Status == UploadStatus.Completed;

        /// <summary>Whether it counts, and since when not.</summary>
        public string State => Upload switch
        {
            { Status: UploadStatus.Undone } => T("undone by {0} on {1}: {2}", Upload.TakenBackBy, Show.Instant(Upload.TakenBackAtUtc, Zone), Upload.TakenBackWhy),
            { Purpose: UploadPurpose.Withdrawal } => T("withdrawn: the record counts no more"),
            _ when Record.SupersededAtUtc is { } until => T("counted until {0}", Show.Instant(until, Zone)),
            _ => T("counts now"),
        };
    }

    [BindProperty(Name = "kind", SupportsGet = true)] public string? KindCode { get; set; }
    [BindProperty(Name = "id", SupportsGet = true)] public string? Id { get; set; }
    [BindProperty(Name = "clinic", SupportsGet = true)] public string? Clinic { get; set; }

    public bool MaySend => db.Actor.May(Permission.SendRecords);

    /// <summary>The version that counts, if one does.</summary>
    public VersionOf? Counting => Versions.Find(v => v.Counts);

    /// <summary>What says that the record should not be there, if that is how it stands.</summary>
    public VersionOf? Withdrawal => Counting is null && Versions.Find(v => v.Upload.Status == UploadStatus.Completed) is { Upload.Purpose: UploadPurpose.Withdrawal } withdrawn ? withdrawn : null;

    /// <summary>The clinic's, in which times are shown.</summary>
    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    public List<VersionOf> Versions { get; private set; } = [];
    public List<AuditEntry> Entries { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (!Codes.TryParse<RecordKind>(KindCode ?? "", out var kind) || string.IsNullOrEmpty(Id)) return NotFound();
        var records = await VersionsOf.EverAsync(db, kind, Id, Clinic ?? "", ct);
        if (records.Count == 0) return NotFound();
        // Whoever may see the record may know its file's name and sender, also when the file held other clinics' rows.
        var ids = records.Select(r => r.UploadId).ToList();
        var uploads = await db.Uploads.IgnoreQueryFilters([SafetyAuditDb.UploadScope]).AsNoTracking().Where(u => ids.Contains(u.Id)).ToDictionaryAsync(u => u.Id, ct);
        Zone = await db.ZoneOfAsync(Clinic ?? "", ct);
        List<(string Name, string Value)> before = [];
        foreach (var record in records)
        {
            var fields = FieldsOf(record);
            Versions.Add(new(record, uploads[record.UploadId], [.. fields.Select(f => (f.Name, f.Value, Was(f.Name, f.Value))), .. before.Where(b => !fields.Exists(f => f.Name == b.Name)).Select(b => (b.Name, "–", (string?)b.Value))], Zone));
            before = fields;

            string? Was(string name, string value) => before.Count == 0 || before.Find(b => b.Name == name).Value is var old && old == value ? null : old ?? "–";
        }
        Versions.Reverse();
        var subjects = ids.Distinct().Select(upload => $"upload {upload}").ToList();
        Entries = await db.AuditEntries.AsNoTracking().Where(e => subjects.Contains(e.Subject)).OrderBy(e => e.Sequence).ToListAsync(ct);
        // Of a file's batches only those that hold this record are about it.
        Entries.RemoveAll(e => e.Action == AuditAction.Stored && !records.Exists(r => e.Subject == $"upload {r.UploadId}" && StoredRows.Parse(e.After!) is var rows && r.Line >= rows.FirstLine && r.Line <= rows.LastLine));
        return Page();
    }

    /// <summary>Whether it is an event that counts: such a one has its report, and can be given away.</summary>
    public bool IsEvent => KindCode == Codes.Of(RecordKind.Events) && Counting is not null;

    /// <summary>All that is known of an event, with drafts for those to whom it may have to be reported.</summary>
    public async Task<IActionResult> OnGetIncidentAsync(CancellationToken ct) =>
        KindCode == Codes.Of(RecordKind.Events) && await MakeReport.OfIncidentAsync(db, Id ?? "", Clinic, time.UtcNow(), ct) is { } report ? File(report.Content, "application/pdf", report.Name) : NotFound();

    public async Task<IActionResult> OnGetFhirAsync(CancellationToken ct) =>
        KindCode == Codes.Of(RecordKind.Events) && await db.Current<AdverseEvent>().SingleOrDefaultAsync(e => e.EventId == Id && (e.ClinicId ?? "") == (Clinic ?? ""), ct) is { } found
            ? File(EventResource.Write(found, db.Actor.May(Permission.ReadNarratives)), "application/fhir+json", "adverse-event.json") : NotFound();

    List<(string Name, string Value)> FieldsOf(Record record)
    {
        var fields = new List<(string, string)>();
        foreach (var property in db.Model.FindEntityType(record.GetType())!.GetProperties().Where(p => p.PropertyInfo is not null && !Bookkeeping.Contains(p.Name)))
        {
            object? value = property.PropertyInfo!.GetValue(record);
            if (value is null) continue;
            string text = property.GetTypeMapping().Converter is { } converter ? converter.ConvertToProvider(value) switch { DateTime at => Commands.Output.Invariant(at), var other => other?.ToString() ?? "" } : Commands.Output.Invariant(value);
            fields.Add((Codes.SnakeCase(property.Name), MayShow(property) ? text : T("(not for this account)")));
        }
        return fields;
    }

    bool MayShow(IProperty property) => MayShow(db.Actor, Codes.SnakeCase(property.Name));

    /// <summary>Whether someone may see what stands in a column.</summary>
    internal static bool MayShow(Actor actor, string column) => column switch
    {
        "narrative" or "risk_note" or "action_taken" => actor.May(Permission.ReadNarratives),
        "display_name" or "licence_number" => actor.May(Permission.ReadNames),
        _ => true,
    };
}
