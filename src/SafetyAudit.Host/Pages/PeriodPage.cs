using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Summaries;

namespace SafetyAudit.Host.Pages;

/// <summary>A page about a period: the query says it, and the twelve months to the last session stand in where it does not.</summary>
public abstract class PeriodPage(SafetyAuditDb db) : ClinicPage(db)
{
    [BindProperty(Name = "from", SupportsGet = true)]
    public DateOnly? AskedFrom { get; set; }

    [BindProperty(Name = "to", SupportsGet = true)]
    public DateOnly? AskedTo { get; set; }

    /// <summary>Which other period it is held against: <c>before</c>, the one of the same length before it, or <c>year</c>, the same a year before. None when it says neither.</summary>
    [BindProperty(Name = "compare", SupportsGet = true)]
    public string? AskedCompare { get; set; }

    /// <summary>First and last day of the other period, where it is one of the reader's own choice.</summary>
    [BindProperty(Name = "compare_from", SupportsGet = true)]
    public DateOnly? AskedCompareFrom { get; set; }

    [BindProperty(Name = "compare_to", SupportsGet = true)]
    public DateOnly? AskedCompareTo { get; set; }

    /// <summary>A day, or an instant in UTC: the records as they were known at its end.</summary>
    [BindProperty(Name = "as_of", SupportsGet = true)]
    public string? AskedAsOf { get; set; }

    /// <summary>Lines of a long list before this page.</summary>
    [BindProperty(Name = "after", SupportsGet = true)] public int AskedAfter { get; set; }

    public int After => Math.Max(0, AskedAfter);

    /// <summary>This page with everything that was chosen, its list from another line on or from its first.</summary>
    protected string PageAt(int after) => Request.Path + QueryString.Create([.. Kept.Concat(PeriodAsked).Select(k => KeyValuePair.Create(k.Name, (string?)k.Value)), KeyValuePair.Create("after", (string?)$"{after}")]);

    /// <summary>Lines before this page, of a list of so many: beyond its end its last page is shown.</summary>
    protected int AfterOf(int all, int rows) => Math.Min(After, Math.Max(0, (all - 1) / rows * rows));

    /// <summary>Those lines of a long list that stand on this page, its last where fewer were left than came before; and where in the list they stand.</summary>
    /// <param name="all">The list.</param>
    /// <param name="rows">Lines on a full page.</param>
    /// <param name="anchor">Where on the page the list begins, as in an address.</param>
    protected (List<T> Lines, Paging Paging) PageOf<T>(IReadOnlyList<T> all, int rows, string anchor = "")
    {
        int after = AfterOf(all.Count, rows);
        List<T> lines = [.. all.Skip(after).Take(rows)];
        return (lines, new(after, lines.Count, all.Count, rows, at => PageAt(at) + anchor));
    }

    /// <summary>Whether the page can show what its records were at an instant.</summary>
    public virtual bool LooksBack => false;

    /// <summary>The instant at which the records were known as the page shows them; nothing for today's.</summary>
    public DateTime? AsKnownUtc => LooksBack && AskedAsOf is { } asked && AsKnown.Parse(asked) is { } at && at < DateTime.UtcNow ? at : null;

    /// <summary>The same as a part of a query, for links to pages that look back too.</summary>
    public string AsOfQuery => AsKnownUtc is null ? "" : $"&as_of={Uri.EscapeDataString(AskedAsOf!)}";

    /// <summary>Whether no file had been read to its end by then.</summary>
    public bool NothingKnown { get; private set; }

    /// <summary>This page with today's records.</summary>
    public string WithTodaysRecords => HttpContext.Request.Path + QueryString.Create(HttpContext.Request.Query.Where(q => q.Key != "as_of"));

    public DateOnly From { get; private set; }
    public DateOnly To { get; private set; }

    /// <summary>What stands in the address where a day should, and is none.</summary>
    public IEnumerable<string> NoDays => ModelState.Where(s => s is { Key: "from" or "to", Value.Errors.Count: > 0 }).Select(s => s.Value!.AttemptedValue ?? "");

    /// <summary>Whether any session is in at all.</summary>
    public bool HasSessions { get; private set; }

    /// <summary>The period as a query, for links that stay in it.</summary>
    public string PeriodQuery => $"from={Show.Iso(From)}&to={Show.Iso(To)}{string.Concat(CompareAsked.Select(k => $"&{k.Name}={k.Value}"))}{AsOfQuery}";

    /// <summary>What was asked about the other period, where it was.</summary>
    public IEnumerable<(string Name, string Value)> CompareAsked => Compared is null ? [] : OwnChoice is null ? [("compare", AskedCompare!)] : [("compare_from", Show.Iso(AskedCompareFrom!.Value)), ("compare_to", Show.Iso(AskedCompareTo!.Value))];

    /// <summary>What was asked about the period, for forms that keep it.</summary>
    public IEnumerable<(string Name, string Value)> PeriodAsked =>
        new (string Name, string? Value)[] { ("from", AskedFrom is { } from ? Show.Iso(from) : null), ("to", AskedTo is { } to ? Show.Iso(to) : null), ("as_of", AskedAsOf) }.Where(k => k.Value is not null).Select(k => (k.Name, k.Value!)).Concat(CompareAsked);

    // Nothing where the page has no period.
    (DateOnly From, DateOnly To)? Compared => To == default ? null : OwnChoice ?? AskedCompare switch
    {
        "before" => (From.AddDays(From.DayNumber - To.DayNumber - 1), From.AddDays(-1)),
        "year" => (From.AddYears(-1), To.AddYears(-1)),
        _ => null,
    };

    (DateOnly From, DateOnly To)? OwnChoice => (AskedCompareFrom, AskedCompareTo) is ({ } from, { } to) ? from <= to ? (Within(from), Within(to)) : (Within(to), Within(from)) : null;

    /// <summary>Whether another period was asked for in a way that names none.</summary>
    public bool CompareUnclear => Compared is null && HttpContext.Request.Query.Any(q => q.Key is "compare" or "compare_from" or "compare_to" && q.Value.ToString().Length > 0);

    /// <summary>The other period, where one was asked for that shares no day with this one.</summary>
    public (DateOnly From, DateOnly To)? Other => Compared is var (from, to) && (to < From || from > To) ? (from, to) : null;

    /// <summary>Whether the other period shares days with this one: what is counted in both says nothing of a change.</summary>
    public bool Overlaps => Compared is not null && Other is null;

    /// <summary>The days that a page shows which compares, and looks back on others since a day.</summary>
    protected (DateOnly First, DateOnly Last) WithOther(DateOnly since) => (new[] { since, From, Other?.From ?? From }.Min(), Other is var (_, until) && until > To ? until : To);

    // Years in which sessions can lie; beyond them calendar arithmetic has an end.
    static DateOnly Within(DateOnly day) => day.Year < 1990 ? new(1990, 1, 1) : day.Year > 2199 ? new(2199, 12, 31) : day;

    /// <summary>Reads the period, and begins to read one state of everything: today's, or, where an instant was asked for, the records as they were known then.</summary>
    /// <param name="shown">Once the period is known: the first and the last day that the page shows.</param>
    /// <param name="ct">Stops the reading.</param>
    protected async Task<IAsyncDisposable> BeginAsync(Func<(DateOnly First, DateOnly Last)> shown, CancellationToken ct)
    {
        var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        if (AsKnownUtc is not { } at) return snapshot;
        await snapshot.DisposeAsync();
        await Looking.WaitAsync(ct);
        try
        {
            var (first, last) = shown();
            var then = await AsKnown.OpenAsync(HttpContext.RequestServices.GetRequiredService<DatabaseSettings>(), Db.Actor, at, first, last, ct);
            Db = then.Db;
            // Whoever's files: it is said above figures that may have come in several clinics' file.
            NothingKnown = !await Db.Uploads.IgnoreQueryFilters([SafetyAuditDb.UploadScope]).AnyAsync(ct);
            return new Look(then);
        }
        catch
        {
            Looking.Release();
            throw;
        }
    }

    // Each look back takes and counts the period's records anew: two at a time, so that a page that is asked for over and over takes neither every processor nor the memory.
    static readonly SemaphoreSlim Looking = new(2);

    sealed class Look(AsKnown then) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await then.DisposeAsync();
            Looking.Release();
        }
    }

    protected async Task ReadPeriodAsync(CancellationToken ct)
    {
        await ReadClinicsAsync(ct);
        var span = await Counts.SpanAsync(Db, null, ct);
        HasSessions = span is not null;
        var last = span?.Last ?? DateOnly.FromDateTime(DateTime.UtcNow);
        // Days that were still to come then have nothing to show.
        if (AsKnownUtc is { } at && DateOnly.FromDateTime(at) < last) last = DateOnly.FromDateTime(at);
        To = Within(AskedTo ?? last);
        From = Within(AskedFrom ?? To.AddYears(-1).AddDays(1));
        if (From > To) (From, To) = (To, From);
        await NameAsync(ct);
    }

    /// <summary>Makes a page be about somebody: where they are at home, where they treat and where something about them was found, whatever other clinics there are. As it is now: of another day all within reach is read.</summary>
    protected async Task BeAboutAsync(string practitionerId, CancellationToken ct)
    {
        // By the index on practitioners: asked within reach alone, a database looks for them at each clinic there.
        if (AsKnownUtc is null) About = [.. (await Db.DailyExposures.IgnoreQueryFilters([SafetyAuditDb.ClinicScope]).Where(d => d.PractitionerId == practitionerId).Select(d => d.ClinicId).Distinct().ToListAsync(ct)).Where(Db.Actor.Scope.HasClinic)
            .Union(await Db.Alerts.Where(a => a.PractitionerId == practitionerId).Select(a => a.ClinicId).Distinct().ToListAsync(ct)).Union(await Db.Cases.Where(c => c.PractitionerId == practitionerId).Select(c => c.ClinicId).Distinct().ToListAsync(ct))
            .Union(await Db.Current<Sessions.Practitioner>().Where(p => p.PractitionerId == practitionerId).Select(p => p.ClinicId ?? "").ToListAsync(ct))];
    }
}

/// <summary>A page's figures beside another period's.</summary>
/// <param name="Page">The page, whose query says which period.</param>
/// <param name="Path">Its address.</param>
/// <param name="Kept">What else was chosen on it.</param>
/// <param name="FirstHeading">What the lines are.</param>
/// <param name="Changes">The lines.</param>
/// <param name="Name">How a line is called.</param>
/// <param name="Paging">Where in a long list they stand.</param>
public sealed record TwoPeriods(PeriodPage Page, string Path, IEnumerable<(string Name, string Value)> Kept, string FirstHeading, IReadOnlyList<PeriodChange> Changes, Func<RateRow, string> Name, Paging? Paging = null);
