using System.Globalization;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Pages;

/// <summary>
/// A page about one clinic or all that the reader reaches: the query says it, and of many clinics the first stands in where it does not. What is shown of one is read as a reader of
/// that one alone would read it (<see cref="SafetyAuditDb.Narrow"/>), so that it costs what it costs them.
/// </summary>
public abstract class ClinicPage(SafetyAuditDb db) : PageModel
{
    protected SafetyAuditDb Db { get; set; } = db;

    // As whom the page was asked for, whatever it was narrowed to.
    Actor reader = Actor.Nobody;

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

    /// <summary>A clinic's time zone, in which what is to be done there is said; UTC where no clinic is named.</summary>
    public TimeZoneInfo ZoneOf(string? id) => Reach.FirstOrDefault(c => c.Id == id) is { } clinic ? TimeZoneInfo.FindSystemTimeZoneById(clinic.TimeZone) : TimeZoneInfo.Utc;

    /// <summary>This page about another clinic, or about all.</summary>
    public string WithClinic(string? clinicId) => Request.Path + QueryString.Create(Request.Query.Where(q => q.Key is not ("clinic" or "practitioner" or "after" or "part")).Concat(clinicId is null ? [] : [new("clinic", clinicId)]));

    // As they were read, and as they are called beside each other.
    readonly Dictionary<string, string> named = [];
    Dictionary<string, string> called = [];

    /// <summary>Whom an alert is about, and where, on a page that goes over several clinics; empty for a clinic as a whole.</summary>
    public string NameIn(Alerts.Alert alert) => alert.PractitionerId is null ? "" : NameOf(alert.PractitionerId) + (Reach.Count > 1 && Only is null ? $" · {alert.ClinicId}" : "");

    /// <summary>How pages call practitioners: by name, namesakes by their ids too, and by id alone where there is no name or the reader may not see names.</summary>
    public string NameOf(string? practitionerId) => practitionerId is null ? "" : called.GetValueOrDefault(practitionerId, practitionerId);

    /// <summary>Other parts of the query that the forms of the page keep.</summary>
    public virtual IEnumerable<(string Name, string Value)> Kept => TakesClinic && (Only?.Id ?? AskedClinic) is { } clinic && Reach.Count > 1 ? [("clinic", clinic)] : [];

    /// <summary>What is not within reach is not found; and what stands around a page is the reader's, whatever the page is about.</summary>
    [NonHandler]
    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var todays = Db;
        reader = todays.Actor;
        if (AskedClinic?.Length == 0) AskedClinic = null;
        if (TakesClinic && AskedClinic is { } asked && !await Db.Clinics.AnyAsync(c => c.Id == asked))
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
            todays.Actor = reader;
        }
    }

    /// <summary>
    /// What is read of the database for the page where its head need not wait for it: the head goes out first, and the browser fetches style and script meanwhile. The page's content then
    /// stands in the section <c>Late</c>. Nothing for pages that are read by their handler.
    /// </summary>
    public virtual Func<CancellationToken, Task>? Late => null;

    /// <summary>Reads it, for the layout.</summary>
    /// <param name="around">Reads what stands around the page, with all that the reader reaches.</param>
    /// <param name="log">Told what went wrong.</param>
    /// <returns>False when something could not be read once the answer had begun, so that the page has to say so. What goes wrong in drawing it cuts the answer off.</returns>
    public async Task<bool> ReadLateAsync(Func<Task> around, ILogger log)
    {
        var todays = Db;
        try
        {
            try
            {
                await Late!(HttpContext.RequestAborted);
            }
            finally
            {
                todays.Actor = reader;
            }
            await around();
            return true;
        }
        catch (Exception e) when (HttpContext.Response.HasStarted && !HttpContext.RequestAborted.IsCancellationRequested)
        {
            log.LogError(e, "A page could not be read after its head had been sent: {Request}", Show.RequestId(HttpContext));
            return false;
        }
    }

    // Who looks is the same; what a page about one clinic reads is that clinic's.
    void Narrow()
    {
        if (TakesClinic && AskedClinic is { } asked && (HasMany || !ShowsFewTogether)) Only = Reach.First(c => c.Id == asked);
        else if (OneAtATime && TakesClinic && HasMany) Only = Reach[0];
        if ((Only is { } only ? WithClinicless ? [only.Id, ""] : [only.Id] : About) is { } clinics && Narrows && HttpMethods.IsGet(Request.Method)) Db.Narrow(clinics);
    }

    /// <summary>In the order of the names in the reader's language. Each name is looked up once: to compare hundreds with each other by the language's rules takes longer than the rest of a short page.</summary>
    protected static IOrderedEnumerable<T> InOrder<T>(IEnumerable<T> those, Func<T, string> name)
    {
        var language = CultureInfo.CurrentCulture.CompareInfo;
        return those.OrderBy(t => language.GetSortKey(name(t)), ByKey);
    }

    static readonly Comparer<SortKey> ByKey = Comparer<SortKey>.Create(SortKey.Compare);

    /// <summary>Reads which clinics there are, and from then on those alone that the page is about.</summary>
    protected async Task ReadClinicsAsync(CancellationToken ct)
    {
        var clinics = await Db.Clinics.AsNoTracking().ToListAsync(ct);
        var names = Sessions.Namesakes.ToldApart(clinics.ToDictionary(c => c.Id, c => c.Name));
        foreach (var clinic in clinics) clinic.Name = names[clinic.Id];
        Reach = [.. InOrder(clinics, c => c.Name).ThenBy(c => c.Id, StringComparer.Ordinal)];
        Narrow();
    }

    // Of one clinic's people, those at home elsewhere who treat there too. A page that goes over all clinics names those whom it lists.
    protected async Task NameAsync(CancellationToken ct)
    {
        if (HasMany && Only is null && About is null && !OneAtATime) return;
        string[]? about = Only is { } only ? [only.Id] : About, shown = about ?? reader.Scope.Clinics;
        // Of one by its name: of a list the database may go through all that the reader reaches first.
        string[] guests = about switch
        {
            null => [],
            [var one] => await Db.DailyExposures.Where(d => d.ClinicId == one).Select(d => d.PractitionerId).Distinct().ToArrayAsync(ct),
            _ => await Db.DailyExposures.Where(d => about.Contains(d.ClinicId)).Select(d => d.PractitionerId).Distinct().ToArrayAsync(ct),
        };
        bool homeless = shown?.Contains("") == true;
        await NameAsync(p => shown == null || shown.Contains(p.ClinicId) || homeless && p.ClinicId == null, ct);
        if (guests.Length > 0 && guests.Any(g => !named.ContainsKey(g))) await NameAsync(p => guests.Contains(p.PractitionerId), ct);
    }

    /// <summary>Reads how these are called, where not everybody is.</summary>
    protected Task NameAsync(IEnumerable<string?> practitioners, CancellationToken ct)
    {
        string[] ids = [.. practitioners.OfType<string>().Distinct().Where(id => !named.ContainsKey(id))];
        return ids.Length == 0 ? Task.CompletedTask : NameAsync(p => ids.Contains(p.PractitionerId), ct);
    }

    // By whoever may read names, of whom they reach, whatever the page is about.
    Task NameAsync(System.Linq.Expressions.Expression<Func<Sessions.Practitioner, bool>> whom, CancellationToken ct) => WithAllReachedAsync(async () =>
    {
        if (!Db.Actor.May(Permission.ReadNames)) return;
        foreach (var one in await Db.Current<Sessions.Practitioner>().Where(whom).Where(p => p.DisplayName != null).Select(p => new { p.PractitionerId, p.DisplayName }).ToListAsync(ct)) named[one.PractitionerId] = one.DisplayName!;
        called = Sessions.Namesakes.ToldApart(named);
    });

    /// <summary>Reads what stands beside a clinic's figures with all that the reader reaches.</summary>
    protected async Task WithAllReachedAsync(Func<Task> read)
    {
        var narrowed = Db.Actor;
        Db.Actor = reader;
        try
        {
            await read();
        }
        finally
        {
            Db.Actor = narrowed;
        }
    }
}

/// <summary>Clinics to choose from, as the options of a list. Written as text, since there are hundreds of them, maybe, on most pages.</summary>
/// <param name="Clinics">In their order.</param>
/// <param name="Chosen">The one that is chosen; none when left out.</param>
public sealed record ClinicOptions(IReadOnlyList<Sessions.Clinic> Clinics, string? Chosen = null) : IHtmlContent
{
    public void WriteTo(TextWriter writer, HtmlEncoder encoder)
    {
        foreach (var clinic in Clinics)
        {
            writer.Write("<option value=\"");
            encoder.Encode(writer, clinic.Id);
            writer.Write(clinic.Id == Chosen ? "\" selected=\"selected\">" : "\">");
            encoder.Encode(writer, clinic.Name);
            writer.Write("</option>\n");
        }
    }
}
