using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages.Records;

/// <summary>Puts one record right by hand, or withdraws it, with a reason. What this account may not see stays as it is.</summary>
[Needs(Permission.SendRecords, EnterWhenFound = true)]
public sealed class CorrectModel(SafetyAuditDb db, CorrectRecord correct, JobQueue jobs) : PageModel
{
    const int LongestWhy = 500;
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    [BindProperty(Name = "kind", SupportsGet = true)] public string? KindCode { get; set; }
    [BindProperty(Name = "id", SupportsGet = true)] public string? Id { get; set; }
    [BindProperty(Name = "clinic", SupportsGet = true)] public string? Clinic { get; set; }

    /// <summary>The version that the form shows.</summary>
    [BindProperty(Name = "version")] public int Version { get; set; }
    [BindProperty(Name = "why")] public string? Why { get; set; }

    public List<(string Column, string Cell)> Cells { get; private set; } = [];

    /// <summary>Columns of which the record holds something, whatever was typed since.</summary>
    public HashSet<string> Recorded { get; private set; } = [];
    public IReadOnlyList<Reason> Wrong { get; private set; } = [];
    public string? Problem { get; private set; }

    /// <summary>Whether what reads records says it, which speaks English alone.</summary>
    public bool ProblemInEnglish { get; private set; }

    public string History => $"/records/history?kind={Uri.EscapeDataString(KindCode ?? "")}&id={Uri.EscapeDataString(Id ?? "")}&clinic={Uri.EscapeDataString(Clinic ?? "")}";

    public static bool IsLong(string column) => column is "narrative" or "risk_note";

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await FindAsync(ct) is not (var kind, { } record)) return NotFound();
        Version = record.Version;
        Show(kind, record);
        return Page();
    }

    public Task<IActionResult> OnPostAsync(CancellationToken ct) => SendAsync((kind, record) =>
    {
        var cells = Cells.ToDictionary(c => c.Column, c => c.Cell);
        return correct.RunAsync(kind, record, cells, Why!, db.Actor, ct);
    }, ct);

    public Task<IActionResult> OnPostWithdrawAsync(CancellationToken ct) => SendAsync((kind, record) => correct.WithdrawAsync(kind, record, Why!, db.Actor, ct), ct);

    async Task<IActionResult> SendAsync(Func<RecordKind, Record, Task<Correcting>> send, CancellationToken ct)
    {
        if (await FindAsync(ct) is not (var kind, { } record)) return NotFound();
        Show(kind, record);
        // What was typed stays on the page, whatever comes of it.
        for (int i = 0; i < Cells.Count; i++)
            if (Request.Form.TryGetValue("cell_" + Cells[i].Column, out var typed)) Cells[i] = (Cells[i].Column, typed.ToString());
        if (record.Version != Version) return Refuse(T("Somebody else changed this record since you opened it. Look at its history, and correct what is there now."));
        if (string.IsNullOrWhiteSpace(Why) || Why.Length > LongestWhy) return Refuse(T("Say why, in at most {0} characters: the reason stays with the record.", LongestWhy));
        Correcting became;
        try { became = await send(kind, record); }
        catch (FileRefusedException refused) { return Refuse(refused.Message, inEnglish: true); }
        if (became.Wrong.Count > 0)
        {
            Wrong = became.Wrong;
            return Refuse(T("It was not taken:"));
        }
        if (became.Upload is not { } upload) return Refuse(T("Nothing was changed."));
        await jobs.AskAsync(Composition.ReadUploads, ct);
        return Redirect(await ReadAsync(upload.Id, ct) == UploadStatus.Completed ? History : $"/uploads/{upload.Id}");
    }

    // It is read in its turn, behind a large file too; as a rule that is at once.
    async Task<UploadStatus> ReadAsync(long upload, CancellationToken ct)
    {
        for (var until = DateTime.UtcNow + LongestWait; ; await Task.Delay(100, ct))
        {
            var status = await db.Uploads.AsNoTracking().IgnoreQueryFilters().Where(u => u.Id == upload).Select(u => u.Status).SingleAsync(ct);
            if (status is not (UploadStatus.Received or UploadStatus.Processing) || DateTime.UtcNow > until) return status;
        }
    }

    PageResult Refuse(string problem, bool inEnglish = false)
    {
        (Problem, ProblemInEnglish) = (problem, inEnglish);
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }

    void Show(RecordKind kind, Record record)
    {
        Cells = [.. CorrectRecord.CellsOf(kind, record).Where(c => HistoryModel.MayShow(db.Actor, c.Column) && !CorrectRecord.IsIdentity(record, c.Column))];
        Recorded = [.. Cells.Where(c => c.Cell.Length > 0).Select(c => c.Column)];
    }

    async Task<(RecordKind, Record?)> FindAsync(CancellationToken ct)
    {
        if (!Codes.TryParse<RecordKind>(KindCode ?? "", out var kind) || string.IsNullOrEmpty(Id)) return default;
        return (kind, await VersionsOf.CurrentAsync(db, kind, Id, Clinic ?? "", ct));
    }
}
