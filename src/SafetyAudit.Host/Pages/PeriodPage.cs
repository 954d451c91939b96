using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Summaries;

namespace SafetyAudit.Host.Pages;

/// <summary>A page about a period: the query says it, and the twelve months to the last session stand in where it does not.</summary>
public abstract class PeriodPage(SafetyAuditDb db) : PageModel
{
    protected SafetyAuditDb Db { get; private set; } = db;

    [BindProperty(Name = "from", SupportsGet = true)]
    public DateOnly? AskedFrom { get; set; }

    [BindProperty(Name = "to", SupportsGet = true)]
    public DateOnly? AskedTo { get; set; }

    /// <summary>The clinic that is asked for alone.</summary>
    [BindProperty(Name = "clinic", SupportsGet = true)]
    public string? AskedClinic { get; set; }

    /// <summary>Beyond so many clinics a page about figures shows one at a time: it is read, and costs, as if there were no others.</summary>
    public const int MostClinics = 4;

    /// <summary>Whether <c>clinic</c> says which clinic the page is about; false where the page itself is about somebody or something.</summary>
    public virtual bool TakesClinic => true;

    /// <summary>Whether it shows one clinic alone where there are many; false for what goes over all clinics with care.</summary>
    public virtual bool OneAtATime => true;

    /// <summary>Whether it does by itself what is asked for where clinics are few.</summary>
    public virtual bool ShowsFewTogether => false;

    /// <summary>Whether what it reads is narrowed to the clinic that is shown alone; false where it goes by that clinic itself.</summary>
    public virtual bool Narrows => true;

    /// <summary>Whether what names no clinic stands beside the one that is shown, for whoever reaches it: better twice than never.</summary>
    public virtual bool WithClinicless => false;

    /// <summary>Clinics within the reader's reach, in the order of their names.</summary>
    public IReadOnlyList<Sessions.Clinic> Reach { get; private set; } = [];

    /// <summary>How many clinics it shows together.</summary>
    public virtual int Together => MostClinics;

    public bool HasMany => Reach.Count > Together;

    /// <summary>The clinic that is shown alone; nothing where all within reach are.</summary>
    public Sessions.Clinic? Only { get; private set; }

    /// <summary>Where the page is about somebody or something: the clinics that it has to do with. Set before the period is read.</summary>
    protected string[]? About { get; set; }

    /// <summary>Where the page is about somebody or something: the clinic to go on with from it.</summary>
    protected virtual string? ClinicOfIt => null;

    /// <summary>The clinic that is shown as a part of a query, for links to pages that take it.</summary>
    public string ClinicQuery => Reach.Count > 1 && (Only?.Id ?? (TakesClinic ? AskedClinic : HasMany ? ClinicOfIt : null)) is { Length: > 0 } clinic ? $"&clinic={Uri.EscapeDataString(clinic)}" : "";

    /// <summary>How a clinic is called.</summary>
    public string ClinicNameOf(string id) => Reach.FirstOrDefault(c => c.Id == id)?.Name ?? id;

    /// <summary>This page about another clinic, or about all.</summary>
    public string WithClinic(string? clinicId) => Request.Path + QueryString.Create(Request.Query.Where(q => q.Key is not ("clinic" or "practitioner" or "after" or "part")).Concat(clinicId is null ? [] : [new("clinic", clinicId)]));

    /// <summary>Which other period it is held against: <c>before</c>, the one of the same length before it, or <c>year</c>, the same a year before. None when it says neither.</summary>
    [BindProperty(Name = "compare", SupportsGet = true)]
    public string? AskedCompare { get; set; }

    /// <summary>A day, or an instant in UTC: the records as they were known at its end.</summary>
    [BindProperty(Name = "as_of", SupportsGet = true)]
    public string? AskedAsOf { get; set; }

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

    /// <summary>Whether any session is in at all.</summary>
    public bool HasSessions { get; private set; }

    /// <summary>Other parts of the query that the period form keeps.</summary>
    public virtual IEnumerable<(string Name, string Value)> Kept => TakesClinic && (Only?.Id ?? AskedClinic) is { } clinic && Reach.Count > 1 ? [("clinic", clinic)] : [];

    /// <summary>The period as a query, for links that stay in it.</summary>
    public string PeriodQuery => $"from={Show.Iso(From)}&to={Show.Iso(To)}{(Other is null ? "" : $"&compare={AskedCompare}")}{AsOfQuery}";

    /// <summary>What was asked about the period, for forms that keep it.</summary>
    public IEnumerable<(string Name, string Value)> PeriodAsked =>
        new (string Name, string? Value)[] { ("from", AskedFrom is { } from ? Show.Iso(from) : null), ("to", AskedTo is { } to ? Show.Iso(to) : null), ("compare", AskedCompare), ("as_of", AskedAsOf) }.Where(k => k.Value is not null).Select(k => (k.Name, k.Value!));

    /// <summary>The other period, where one was asked for.</summary>
    public (DateOnly From, DateOnly To)? Other => AskedCompare switch
    {
        "before" => (From.AddDays(From.DayNumber - To.DayNumber - 1), From.AddDays(-1)),
        "year" => (From.AddYears(-1), To.AddYears(-1)),
        _ => null,
    };

    /// <summary>How pages call practitioners: by name, and by id where there is none or the reader may not see names.</summary>
    public Dictionary<string, string> Names { get; } = [];

    /// <summary>Whom an alert is about, and where, on a page that goes over several clinics; empty for a clinic as a whole.</summary>
    public string NameIn(Alerts.Alert alert) => alert.PractitionerId is null ? "" : NameOf(alert.PractitionerId) + (Reach.Count > 1 && Only is null ? $" · {alert.ClinicId}" : "");

    public string NameOf(string? practitionerId) => practitionerId is null ? "" : Names.GetValueOrDefault(practitionerId, practitionerId);

    // Years in which sessions can lie; beyond them calendar arithmetic has an end.
    static DateOnly Within(DateOnly day) => day.Year < 1990 ? new(1990, 1, 1) : day.Year > 2199 ? new(2199, 12, 31) : day;

    /// <summary>Reads the period, and begins to read one state of everything: today's, or, where an instant was asked for, the records as they were known then.</summary>
    /// <param name="since">Once the period is known: the first day that the page shows.</param>
    /// <param name="ct">Stops the reading.</param>
    protected async Task<IAsyncDisposable> BeginAsync(Func<DateOnly> since, CancellationToken ct)
    {
        var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        if (AsKnownUtc is not { } at) return snapshot;
        await snapshot.DisposeAsync();
        await Looking.WaitAsync(ct);
        try
        {
            var then = await AsKnown.OpenAsync(HttpContext.RequestServices.GetRequiredService<DatabaseSettings>(), Db.Actor, at, since(), To, ct);
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

    /// <summary>What is not within reach is not found; and what stands around a page is the reader's, whatever the page is about.</summary>
    [NonHandler]
    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var (db, reader) = (Db, Db.Actor);
        if (AskedClinic?.Length == 0) AskedClinic = null;
        if (TakesClinic && AskedClinic is { } asked && !await db.Clinics.AnyAsync(c => c.Id == asked))
        {
            context.Result = NotFound();
            return;
        }
        try
        {
            await next();
        }
        finally
        {
            db.Actor = reader;
        }
    }

    // As whom the page was asked for, whatever it was narrowed to.
    Actor? reader;

    // Who looks is the same; what a page about one clinic reads is that clinic's.
    void Narrow()
    {
        if (TakesClinic && AskedClinic is { } asked && (HasMany || !ShowsFewTogether)) Only = Reach.First(c => c.Id == asked);
        else if (OneAtATime && TakesClinic && HasMany) Only = Reach[0];
        if ((Only is { } only ? WithClinicless ? [only.Id, ""] : [only.Id] : About) is { } clinics && Narrows && HttpMethods.IsGet(Request.Method)) Db.Narrow(clinics);
    }

    protected async Task ReadPeriodAsync(CancellationToken ct)
    {
        Reach = [.. (await Db.Clinics.AsNoTracking().ToListAsync(ct)).OrderBy(c => c.Name, StringComparer.CurrentCulture).ThenBy(c => c.Id, StringComparer.Ordinal)];
        var everybody = reader = Db.Actor;
        Narrow();
        var span = await Counts.SpanAsync(Db, null, ct);
        HasSessions = span is not null;
        var last = span?.Last ?? DateOnly.FromDateTime(DateTime.UtcNow);
        // Days that were still to come then have nothing to show.
        if (AsKnownUtc is { } at && DateOnly.FromDateTime(at) < last) last = DateOnly.FromDateTime(at);
        To = Within(AskedTo ?? last);
        From = Within(AskedFrom ?? To.AddYears(-1).AddDays(1));
        if (From > To) (From, To) = (To, From);
        await NameAsync(everybody, ct);
    }

    // Of one clinic's people, those at home elsewhere who treat there too. A page that goes over all clinics names those whom it lists.
    async Task NameAsync(Actor reader, CancellationToken ct)
    {
        if (HasMany && Only is null && About is null && !OneAtATime) return;
        string[]? about = Only is { } only ? [only.Id] : About, shown = about ?? reader.Scope.Clinics;
        string[] guests = about is null ? [] : await Db.DailyExposures.Where(d => about.Contains(d.ClinicId)).Select(d => d.PractitionerId).Distinct().ToArrayAsync(ct);
        bool homeless = shown?.Contains("") == true;
        await NameAsync(reader, p => shown == null || shown.Contains(p.ClinicId) || homeless && p.ClinicId == null, ct);
        if (guests.Length > 0 && guests.Any(g => !Names.ContainsKey(g))) await NameAsync(reader, p => guests.Contains(p.PractitionerId), ct);
    }

    /// <summary>Reads how these are called, where not everybody is.</summary>
    protected Task NameAsync(IEnumerable<string?> practitioners, CancellationToken ct)
    {
        string[] ids = [.. practitioners.OfType<string>().Distinct().Where(id => !Names.ContainsKey(id))];
        return ids.Length == 0 ? Task.CompletedTask : NameAsync(Db.Actor, p => ids.Contains(p.PractitionerId), ct);
    }

    // By whoever may read names, of whom they reach, whatever the page is about.
    Task NameAsync(Actor reader, System.Linq.Expressions.Expression<Func<Sessions.Practitioner, bool>> whom, CancellationToken ct) => AsAsync(reader, async () =>
    {
        if (!reader.May(Permission.ReadNames)) return;
        foreach (var one in await Db.Current<Sessions.Practitioner>().Where(whom).Where(p => p.DisplayName != null).Select(p => new { p.PractitionerId, p.DisplayName }).ToListAsync(ct)) Names[one.PractitionerId] = one.DisplayName!;
    });

    /// <summary>Reads what stands beside a clinic's figures with all that the reader reaches.</summary>
    protected Task WithAllReachedAsync(Func<Task> read) => AsAsync(reader ?? Db.Actor, read);

    async Task AsAsync(Actor somebody, Func<Task> read)
    {
        var narrowed = Db.Actor;
        Db.Actor = somebody;
        try
        {
            await read();
        }
        finally
        {
            Db.Actor = narrowed;
        }
    }

    /// <summary>Makes a page be about somebody: where they are at home, where they treat and where something about them was found, whatever other clinics there are. As it is now: of another day all within reach is read.</summary>
    protected async Task BeAboutAsync(string practitionerId, CancellationToken ct)
    {
        if (AsKnownUtc is null) About = [.. (await Db.DailyExposures.Where(d => d.PractitionerId == practitionerId).Select(d => d.ClinicId).Distinct().ToListAsync(ct))
            .Union(await Db.Alerts.Where(a => a.PractitionerId == practitionerId).Select(a => a.ClinicId).Distinct().ToListAsync(ct)).Union(await Db.Cases.Where(c => c.PractitionerId == practitionerId).Select(c => c.ClinicId).Distinct().ToListAsync(ct))
            .Union(await Db.Current<Sessions.Practitioner>().Where(p => p.PractitionerId == practitionerId).Select(p => p.ClinicId ?? "").ToListAsync(ct))];
    }
}

/// <summary>A page's figures beside another period's.</summary>
/// <param name="Page">The page, whose query says which period.</param>
/// <param name="Self">Its address with what else was chosen.</param>
/// <param name="FirstHeading">What the lines are.</param>
/// <param name="Changes">The lines.</param>
/// <param name="Name">How a line is called.</param>
public sealed record TwoPeriods(PeriodPage Page, string Self, string FirstHeading, IReadOnlyList<PeriodChange> Changes, Func<RateRow, string> Name);
