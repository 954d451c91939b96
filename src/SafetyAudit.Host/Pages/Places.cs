using SafetyAudit.Access;

namespace SafetyAudit.Host.Pages;

/// <summary>A page that is reached from everywhere.</summary>
/// <param name="Name">As the navigation calls it.</param>
/// <param name="Path">Its address.</param>
/// <param name="Folder">Where its pages lie, whose address leads elsewhere too.</param>
/// <param name="Needs">What one must be allowed to open it.</param>
/// <param name="Key">The key that leads to it after <c>g</c>.</param>
/// <param name="Words">What is found there, for the search and the list of keys.</param>
/// <param name="TakesClinic">Whether it can be about one clinic, which goes along from page to page.</param>
public sealed record Place(string Name, string Path, string Folder, Permission Needs, char Key, string Words, bool TakesClinic = false)
{
    public bool Holds(string page) => page == Folder || page.StartsWith(Folder + "/", StringComparison.Ordinal);
}

/// <summary>Pages that belong together, under one word of the main navigation.</summary>
public sealed record Section(string Name, IReadOnlyList<Place> Places);

/// <summary>What there is to open, in one list: the navigation, the search and the keys are made of it.</summary>
public static class Navigation
{
    public static readonly IReadOnlyList<Section> Sections =
    [
        new("Home", [new("Home", "/", "/Index", Permission.ReadFigures, 'h', "What needs a look", TakesClinic: true)]),
        new("Practitioners", [new("Practitioners", "/practitioners", "/Practitioners", Permission.ReadFigures, 'p', "Each practitioner’s figures beside colleagues and the literature", TakesClinic: true)]),
        new("Measures",
        [
            new("Measures", "/measures", "/Measures", Permission.ReadFigures, 'm', "What is counted, with funnels of practitioners and clinics", TakesClinic: true),
            new("Monitor", "/monitor", "/Monitor", Permission.ReadFigures, 'j', "Running sums of evidence (CUSUM) of each practitioner", TakesClinic: true),
            new("Baselines", "/baselines", "/Baselines", Permission.ReadFigures, 'b', "Published rates, their sources, and which one is in use", TakesClinic: true),
        ]),
        new("Adherence",
        [
            new("Rules", "/adherence", "/Adherence", Permission.ReadFigures, 'a', "How the protocol was kept, rule by rule", TakesClinic: true),
            new("Credentials", "/credentials", "/Credentials", Permission.ReadFigures, 'k', "Licences, training and competencies, and when they lapse", TakesClinic: true),
            new("Reporting duties", "/duties", "/Duties", Permission.ReadRecords, 'd', "Events that must be told of outside, and by when", TakesClinic: true),
            new("Local protocol", "/protocol", "/Protocol", Permission.ReadFigures, 'w', "The clinic’s own thresholds and targets", TakesClinic: true),
        ]),
        new("Alerts",
        [
            new("Alerts", "/alerts", "/Alerts", Permission.ReadFigures, 'l', "Questions that the figures raise", TakesClinic: true),
            new("Cases", "/cases", "/Cases", Permission.ReadFigures, 'c', "Reviews: data, case-mix, process, person", TakesClinic: true),
            new("Clinics", "/clinics", "/Clinics", Permission.ReadFigures, 'z', "Each clinic in a line: what is fresh, reached, open and due"),
        ]),
        new("Records",
        [
            new("Find a record", "/records", "/Records", Permission.ReadRecords, 'r', "A session, event or practitioner by its id, with its history"),
            new("Uploads", "/uploads", "/Uploads", Permission.SendRecords, 'u', "Files sent, rejected rows, undo"),
            new("Follow-ups", "/follow-ups", "/FollowUps", Permission.ReadRecords, 'f', "Whom to ask 24 to 48 hours after a session", TakesClinic: true),
            new("Events without a session", "/events/waiting", "/Events", Permission.SendRecords, 'e', "Events that wait for their session"),
            new("Data quality", "/data-quality", "/DataQuality", Permission.ReadFigures, 'q', "How complete, timely and linked the records are", TakesClinic: true),
        ]),
        new("Reports", [new("Reports", "/reports", "/Reports", Permission.KeepReports, 's', "Compliance reports: preview, freeze, sign, issue")]),
        new("Audit trail", [new("Audit trail", "/trail", "/Trail", Permission.ReadTrail, 't', "Who did and opened what")]),
        new("Administration",
        [
            new("Report links", "/report-links", "/ReportLinks", Permission.KeepReportLinks, 'i', "Links and codes by which anybody reports an event"),
            new("Access", "/access", "/Access", Permission.ManageAccess, 'x', "Accounts and API keys"),
            new("Notices", "/notices", "/Notices", Permission.ManageAccess, 'n', "Mail, webhooks and what was not delivered"),
        ]),
        new("You",
        [
            new("Your views", "/views", "/Views", Permission.KeepOwnAccount, 'v', "Pages you keep under a name of your own"),
            new("Language and formats", "/settings", "/ReaderSettings", Permission.KeepOwnAccount, 'y', "The language of pages, and how numbers and dates are written"),
            new("Your account", "/account", "/Account", Permission.KeepOwnAccount, 'o', "Password, passkeys, sign-ins, calendar"),
        ]),
    ];

    /// <summary>The sections that somebody may open, each with those of its pages that they may.</summary>
    public static IEnumerable<Section> For(IReadOnlySet<Permission> permissions) =>
        Sections.Select(s => s with { Places = [.. s.Places.Where(p => permissions.Contains(p.Needs))] }).Where(s => s.Places.Count > 0);
}
