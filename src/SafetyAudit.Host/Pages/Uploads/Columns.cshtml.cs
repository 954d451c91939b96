using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Uploads;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>Which columns of a file of another shape are which of ours: choose, look, and have it read so.</summary>
[Needs(Permission.SendRecords)]
public sealed class ColumnsModel(SafetyAuditDb db, ChooseColumns choose, JobQueue jobs) : PageModel
{
    /// <summary>Stands in a choice for a value that every row has, and for what the suggestion says.</summary>
    public const string Always = "#always", Suggested = "#suggested";

    const int LongestName = 80, LongestValue = 200, MostWords = 40;

    [BindProperty(SupportsGet = true)] public long Id { get; set; }

    public Upload Upload { get; private set; } = null!;
    public FileHead Head { get; private set; } = null!;
    public ColumnMapping Mapping { get; private set; } = null!;
    public ColumnPreview? Preview { get; private set; }
    public string? Problem { get; private set; }

    /// <summary>Whether what reads files says it, which speaks English alone.</summary>
    public bool ProblemInEnglish { get; private set; }

    public string SourceName { get; private set; } = "";

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere) return elsewhere;
        RecordKind? kind = Codes.TryParse<RecordKind>(Request.Query["kind"].ToString(), out var asked) ? asked : null;
        Mapping = MappingPresets.Suggest(Head.Headers, kind);
        SourceName = Mapping.Name;
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere) return elsewhere;
        Mapping = FromForm();
        await LookAsync(ct);
        return Page();
    }

    public async Task<IActionResult> OnPostReadAsync(CancellationToken ct)
    {
        if (await LoadAsync(ct) is { } elsewhere) return elsewhere;
        Mapping = FromForm();
        if (SourceName.Length == 0) Problem = T("Give the source a name, so that its next file is recognised.");
        try
        {
            if (Problem is null)
            {
                if (await choose.ReadSoAsync(db, Upload, Mapping, ct))
                {
                    await jobs.AskAsync(Composition.ReadUploads, ct);
                }
                return Redirect($"/uploads/{Id}");
            }
        }
        catch (FileRefusedException refused) { (Problem, ProblemInEnglish) = (refused.Message, true); }
        await LookAsync(ct);
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }

    async Task<IActionResult?> LoadAsync(CancellationToken ct)
    {
        if (await db.Uploads.AsNoTracking().SingleOrDefaultAsync(u => u.Id == Id, ct) is not { } upload) return NotFound();
        if (upload.Status != UploadStatus.NeedsColumns) return Redirect($"/uploads/{Id}");
        Upload = upload;
        Head = choose.HeadOf(upload);
        return null;
    }

    async Task LookAsync(CancellationToken ct)
    {
        try { Preview = await choose.PreviewAsync(db, Upload, Mapping, ct); }
        catch (FileRefusedException refused) { if (Problem is null) (Problem, ProblemInEnglish) = (refused.Message, true); }
    }

    // Only names of the file's own header and of our columns are taken from the form.
    ColumnMapping FromForm()
    {
        var form = Request.Form;
        var kind = Codes.TryParse<RecordKind>(form["kind"].ToString(), out var known) ? known : Upload.Kind;
        var suggested = MappingPresets.Suggest(Head.Headers, kind).Columns.ToLookup(c => c.Target);
        var columns = new List<MappedColumn>();
        foreach (var (name, _, codes) in ChooseColumns.ColumnsOf(kind))
        {
            var meanings = Enumerable.Range(0, MostWords).Select(i => (Word: form[$"m.{name}.{i}.word"].ToString(), Is: form[$"m.{name}.{i}.is"].ToString()))
                .Where(m => m.Word.Length is > 0 and <= 100 && (m.Is.Length > 0 && codes.Contains(m.Is))).GroupBy(m => m.Word, StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => g.First().Is);
            string chosen = form[$"c.{name}"].ToString(), always = form[$"a.{name}"].ToString().Trim();
            if (chosen == Suggested) columns.AddRange(suggested[name].Select(c => c.From.Count > 0 && c.WhenFilled is null ? c with { Meanings = c.Meanings.Concat(meanings.Where(m => !c.Meanings.ContainsKey(m.Key))).ToDictionary(m => m.Key, m => m.Value) } : c));
            else if (chosen == Always && always.Length is > 0 and <= LongestValue) columns.Add(new(name) { Always = always });
            else if (Head.Headers.FirstOrDefault(h => h == chosen && h.Length > 0) is { } header) columns.Add(new(name) { From = [header], Meanings = meanings });
        }
        SourceName = form["name"].ToString().Trim() is { Length: <= LongestName } given ? given : "";
        return new()
        {
            Name = SourceName, Kind = kind, Columns = columns, AddedBy = "", HeaderDigest = ColumnMapping.DigestOf(Head.Headers),
            Dates = Codes.TryParse<DateOrder>(form["dates"].ToString(), out var order) ? order : DateOrder.YearMonthDay,
        };
    }

    /// <summary>What stands chosen for a column of ours.</summary>
    public string ChoiceOf(string column) => Mapping.Columns.Where(c => c.Target == column).ToList() switch
    {
        [] => "",
        [{ Always: not null }] => Always,
        [{ From: [var header], WhenFilled: null }] ways when ways[0].Meanings.Count == 0 || !HasSuggestion(column) => header,
        _ => Suggested,
    };

    public string AlwaysOf(string column) => Mapping.Columns.FirstOrDefault(c => c.Target == column && ChoiceOf(column) == Always)?.Always ?? "";

    /// <summary>Whether a preset fills the column in a way that is more than one column of the file.</summary>
    public bool HasSuggestion(string column) => MappingPresets.Suggest(Head.Headers, Mapping.Kind).Columns.Where(c => c.Target == column).ToList() is { Count: > 0 } ways && (ways.Count > 1 || ways[0].From.Count > 1 || ways[0].Meanings.Count > 0 || ways[0].WhenFilled is not null);

    /// <summary>Words of the file that were given a meaning, and those that still lack one.</summary>
    public IEnumerable<(string Word, string Is)> WordsOf(string column)
    {
        var told = ChoiceOf(column) == Suggested ? MappingPresets.Suggest(Head.Headers, Mapping.Kind).Columns.Where(c => c.Target == column).SelectMany(c => c.Meanings.Keys).ToHashSet() : [];
        var known = Mapping.Columns.Where(c => c.Target == column).SelectMany(c => c.Meanings).Where(m => !told.Contains(m.Key)).DistinctBy(m => m.Key).ToList();
        return known.Select(m => (m.Key, m.Value)).Concat((Preview?.Words.GetValueOrDefault(column) ?? []).Select(w => (w, ""))).Take(MostWords);
    }
}
