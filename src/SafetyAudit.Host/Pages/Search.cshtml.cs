using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Protocol;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>Finds pages, measures, rules, clinics and practitioners by a part of their names, cases and uploads by their numbers. Records are found by their whole id, on their own page.</summary>
[Needs(Permission.KeepOwnAccount, LeaveOutQuery = true)]
public sealed class SearchModel(SafetyAuditDb db) : PageModel
{
    public const int MostOfAKind = 10;
    const int Longest = 100;

    public sealed record Hit(string Kind, string Name, string Path, string Words);

    [BindProperty(Name = "q", SupportsGet = true)] public string? Asked { get; set; }

    public string Wanted { get; private set; } = "";
    public List<Hit> Hits { get; private set; } = [];

    /// <summary>Whether there are more of a kind than are listed.</summary>
    public bool HasMore { get; private set; }

    public bool MayFindRecords => db.Actor.May(Permission.ReadRecords);

    public async Task OnGetAsync(CancellationToken ct)
    {
        Wanted = Asked?.Trim() is { } asked ? asked[..Math.Min(asked.Length, Longest)] : "";
        if (Wanted.Length == 0) return;
        words = Wanted.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Add(Navigation.For(db.Actor.Permissions).SelectMany(s => s.Places).Select(p => new Hit("Page", T(p.Name), p.Path, T(p.Words))));
        if (!db.Actor.May(Permission.ReadFigures)) return;
        bool names = db.Actor.May(Permission.ReadNames);
        Add((await db.Measures.AsNoTracking().OrderBy(m => m.Order).ToListAsync(ct)).Select(m => new Hit("Measure", T(m.Title), $"/measures/{m.Code}", m.Code)));
        Add(Rules.All.Select(r => new Hit("Rule", r.Title, $"/adherence/{r.Id}", r.Id)));
        await AddAsync(db.Clinics.AsNoTracking().OrderBy(c => c.Name), c => new Hit("Clinic", c.Name, $"/practitioners?clinic={Uri.EscapeDataString(c.Id)}", c.Id), ct);
        await AddAsync(db.PractitionersReached().OrderBy(p => p.PractitionerId).Select(p => new { p.PractitionerId, p.DisplayName, p.ClinicId }),
            p => new Hit("Practitioner", names && p.DisplayName is { } name ? name : p.PractitionerId, $"/practitioners/{Uri.EscapeDataString(p.PractitionerId)}", $"{p.PractitionerId} {p.ClinicId}"), ct);
        if (!long.TryParse(Wanted, NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return;
        if (await db.Cases.AnyAsync(c => c.Id == number, ct)) Hits.Add(new("Case", T("Case {0}", number), $"/cases/{number}", ""));
        if (await db.Alerts.AnyAsync(a => a.Id == number, ct)) Hits.Add(new("Alert", T("Alert {0}", number), $"/alerts/{number}", ""));
        if (db.Actor.May(Permission.SendRecords) && await db.Uploads.Where(u => u.Id == number).Select(u => u.FileName).FirstOrDefaultAsync(ct) is { } file) Hits.Add(new("Upload", file, $"/uploads/{number}", T("upload {0}", number)));
    }

    void Add(IEnumerable<Hit> all) => Keep([.. all.Where(IsWanted).Take(MostOfAKind + 1)]);

    // One by one and no further than needed: letters are compared as the reader's language does, which the database cannot.
    async Task AddAsync<T>(IQueryable<T> all, Func<T, Hit> hit, CancellationToken ct) =>
        Keep(await all.AsAsyncEnumerable().Select(hit).Where(IsWanted).Take(MostOfAKind + 1).ToListAsync(ct));

    void Keep(List<Hit> found)
    {
        HasMore |= found.Count > MostOfAKind;
        Hits.AddRange(found.Take(MostOfAKind));
    }

    // Every word that was typed stands somewhere in the name, the kind or the code, with its accents or without.
    bool IsWanted(Hit hit) => $"{hit.Name} {hit.Words}" is var all && Array.TrueForAll(words, w => CultureInfo.CurrentCulture.CompareInfo.IndexOf(all, w, CompareOptions.IgnoreCase | CompareOptions.IgnoreNonSpace) >= 0);

    string[] words = [];
}
