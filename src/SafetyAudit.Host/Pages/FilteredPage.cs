using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Pages;

/// <summary>A list of alerts or cases: of one clinic or all, about one practitioner or measure, and begun within some days.</summary>
public abstract class FilteredPage(SafetyAuditDb db) : PeriodPage(db)
{
    [BindProperty(Name = "practitioner", SupportsGet = true)] public string? AskedPractitioner { get; set; }

    /// <summary>A measure, a rule or a credential, by its code.</summary>
    [BindProperty(Name = "measure", SupportsGet = true)] public string? AskedMeasure { get; set; }

    /// <summary>What the days are about: "Raised on or after".</summary>
    public abstract string BegunFrom { get; }

    /// <summary>Whether the list is narrowed by more than its clinic and status.</summary>
    public virtual bool IsFiltered => AskedPractitioner is not null || AskedMeasure is not null || AskedFrom is not null || AskedTo is not null;

    /// <summary>Whom anything listed is about, to choose from; nobody of many clinics together.</summary>
    public List<string> People { get; private set; } = [];

    /// <summary>What anything listed is about, by codes.</summary>
    public List<string> Measures { get; private set; } = [];

    public override bool OneAtATime => false;

    public override IEnumerable<(string Name, string Value)> Kept =>
        [.. base.Kept, .. new (string Name, string? Value)[] { ("practitioner", AskedPractitioner), ("measure", AskedMeasure) }.Where(k => k.Value is not null).Select(k => (k.Name, k.Value!))];

    /// <summary>The list in another state, or without a filter.</summary>
    /// <param name="status">What is listed.</param>
    /// <param name="filtered">Whether the filter stays.</param>
    public string With(string? status, bool filtered = true) => Request.Path + QueryString.Create((filtered ? Kept.Concat(PeriodAsked) : base.Kept).Where(k => k.Name != "status").Concat(status is null ? [] : [("status", status)]).Select(k => KeyValuePair.Create(k.Name, (string?)k.Value)));

    /// <summary>The instants between which it began, whichever of the two days was given first.</summary>
    protected DateTime? SinceUtc => (AskedFrom > AskedTo ? AskedTo : AskedFrom)?.ToDateTime(default, DateTimeKind.Utc);
    protected DateTime? BeforeUtc => (AskedFrom > AskedTo ? AskedFrom : AskedTo) is { } to && to < DateOnly.MaxValue ? to.AddDays(1).ToDateTime(default, DateTimeKind.Utc) : null;

    /// <summary>Reads what there is to choose from.</summary>
    /// <param name="practitioners">Whom anything listed is about.</param>
    /// <param name="measures">What.</param>
    /// <param name="ct">Stops the reading.</param>
    protected async Task ReadChoicesAsync(IQueryable<string?> practitioners, IQueryable<string?> measures, CancellationToken ct)
    {
        Measures = [.. InOrder((await measures.Distinct().ToListAsync(ct)).Append(AskedMeasure).OfType<string>().Distinct(), Show.About)];
        var people = HasMany && Only is null ? [] : await practitioners.Distinct().ToListAsync(ct);
        people.Add(AskedPractitioner);
        await NameAsync(people, ct);
        People = [.. InOrder(people.OfType<string>().Distinct(), NameOf)];
    }
}
