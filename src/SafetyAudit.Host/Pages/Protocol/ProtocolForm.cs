using System.Globalization;
using SafetyAudit.Data;
using SafetyAudit.Languages;
using SafetyAudit.Protocol;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>A clinic's own protocol, as a form: each setting with its words, how it is shown, and how it is read. What is not in here can't be set by a form.</summary>
public static class ProtocolForm
{
    /// <param name="Name">The property of <see cref="ClinicProtocol"/>.</param>
    /// <param name="Group">Heading under which it stands; like label and hint in English, in which pages look up what their reader reads.</param>
    /// <param name="Label">What it is.</param>
    /// <param name="Hint">Unit, spelling and what the sources say, where they say something.</param>
    /// <param name="Show">As the form has it; empty when it is not set.</param>
    /// <param name="Read">From text that is not empty; the problem in words where it can't be read.</param>
    /// <param name="Words">As people read it, with its unit; empty when it is not set.</param>
    public sealed record Setting(string Name, string Group, string Label, string Hint, Func<ClinicProtocol, string> Show, Func<ClinicProtocol, string, string?> Read, Func<ClinicProtocol, string> Words)
    {
        /// <summary>The setting with what a clinic set: "An event is written down within 72 hours"; nothing when it is not set.</summary>
        public string? Say(ClinicProtocol protocol) => Words(protocol) is { Length: > 0 } words ? LeadsOn ? T("{0} {1}", T(Label), words) : T("{0}: {1}", T(Label), words) : null;

        /// <summary>The label within a sentence; in English alone it loses its capital there.</summary>
        public string InSentence => CultureInfo.CurrentUICulture.TwoLetterISOLanguageName is "en" ? Label.ToLowerInvariant() : T(Label);

        /// <summary>Whether what is set are words of the files, which are not translated.</summary>
        public bool IsOfFiles { get; init; }

        bool LeadsOn => Leading.Any(end => Label.EndsWith(end, StringComparison.Ordinal));
    }

    public static readonly IReadOnlyList<Setting> Settings =
    [
        Number(nameof(ClinicProtocol.MinTrainingHours), "Credentials", "Training hours", "hours; Florida asks for 50", p => p.MinTrainingHours, (p, v) => p.MinTrainingHours = v),
        Number(nameof(ClinicProtocol.MinYearsLicensed), "Credentials", "Years of licence", "years; Florida asks for 2", p => p.MinYearsLicensed, (p, v) => p.MinYearsLicensed = v),
        Whole(nameof(ClinicProtocol.MinSupervisedSessions), "Credentials", "Supervised sessions", "sessions before one works without a supervisor; Florida asks for 25", p => p.MinSupervisedSessions, (p, v) => p.MinSupervisedSessions = v),
        List(nameof(ClinicProtocol.AuthorisedRoles), "Credentials", "Roles that may needle", "as the files name them in the column performer_role: physiotherapist", p => p.AuthorisedRoles, (p, v) => p.AuthorisedRoles = v),
        Whole(nameof(ClinicProtocol.BbpTrainingDays), "Credentials", "Blood-borne-pathogen training lasts", "days", p => p.BbpTrainingDays, (p, v) => p.BbpTrainingDays = v, v => T("{0} days", Told(v))),
        List(nameof(ClinicProtocol.AcceptedConsentForms), "Consent and screening", "Consent forms that count", "as the files name them in the column consent_form: written", p => p.AcceptedConsentForms, (p, v) => p.AcceptedConsentForms = v),
        Whole(nameof(ClinicProtocol.ScreeningValidDays), "Consent and screening", "A screening stays valid for", "days; 0 for the day itself", p => p.ScreeningValidDays, (p, v) => p.ScreeningValidDays = v, v => v == 0 ? T("the day itself") : v == 1 ? T("1 day") : T("{0} days", Told(v))),
        List(nameof(ClinicProtocol.AbsoluteContraindications), "Consent and screening", "Absolute contraindications", $"when empty: {Join(ScreeningRules.Absolute.Select(Codes.Words))}", p => p.AbsoluteContraindications, (p, v) => p.AbsoluteContraindications = v),
        List(nameof(ClinicProtocol.RelativeContraindications), "Consent and screening", "Relative contraindications", $"when empty: {Join(ScreeningRules.Relative.Select(Codes.Words))}", p => p.RelativeContraindications, (p, v) => p.RelativeContraindications = v),
        List(nameof(ClinicProtocol.DeepNonCompressibleMuscles), "Consent and screening", "Muscles too deep to press upon", "for patients on warfarin, a DOAC or heparin", p => p.DeepNonCompressibleMuscles, (p, v) => p.DeepNonCompressibleMuscles = v),
        List(nameof(ClinicProtocol.PregnancyPrecautionRegions), "Consent and screening", "Precaution regions in pregnancy", "regions or muscles", p => p.PregnancyPrecautionRegions, (p, v) => p.PregnancyPrecautionRegions = v),
        Whole(nameof(ClinicProtocol.PregnancyAskedToAge), "Consent and screening", "Pregnancy is asked about up to", "years of age", p => p.PregnancyAskedToAge, (p, v) => p.PregnancyAskedToAge = v, v => T("{0} years of age", Told(v))),
        new(nameof(ClinicProtocol.DepthLimits), "Needling", "Deepest needle", "one for each muscle: muscle=mm, or muscle/bmi_band=mm. No source gives one number for everybody", p => Join(p.DepthLimits?.Select(Written)), ReadDepths,
            p => Join(p.DepthLimits?.Select(d => $"{Codes.Words(d.Muscle)}{(d.BmiBand is { } band ? T(", body mass index {0}", Codes.Words(band)) : "")}: {Told(d.MaxMm)} mm"))) { IsOfFiles = true },
        List(nameof(ClinicProtocol.PermittedMuscles), "Needling", "Muscles that may be needled here", "beside each practitioner’s own list", p => p.PermittedMuscles, (p, v) => p.PermittedMuscles = v),
        List(nameof(ClinicProtocol.ThoracicTechniques), "Needling", "Techniques over the lungs", "as the files name them in the column technique: superficial", p => p.ThoracicTechniques, (p, v) => p.ThoracicTechniques = v),
        Number(nameof(ClinicProtocol.ThoracicNeedleLengthMm), "Needling", "Longest needle over the lungs", "mm", p => p.ThoracicNeedleLengthMm, (p, v) => p.ThoracicNeedleLengthMm = v, v => $"{Told(v)} mm"),
        new(nameof(ClinicProtocol.GlovesRequired), "Needling", "Gloves are required", "yes or no", Gloves, ReadGloves, p => p.GlovesRequired switch { true => T("yes"), false => T("no"), null => "" }),
        Whole(nameof(ClinicProtocol.MinPressureSeconds), "Afterwards", "Pressure on a bleeding site", "seconds", p => p.MinPressureSeconds, (p, v) => p.MinPressureSeconds = v, v => T("{0} seconds", Told(v))),
        Whole(nameof(ClinicProtocol.MinPressureSecondsAnticoagulated), "Afterwards", "The same on warfarin, a DOAC or heparin", "seconds", p => p.MinPressureSecondsAnticoagulated, (p, v) => p.MinPressureSecondsAnticoagulated = v, v => T("{0} seconds", Told(v))),
        Whole(nameof(ClinicProtocol.MinObservationMinutes), "Afterwards", "Observation", "minutes", p => p.MinObservationMinutes, (p, v) => p.MinObservationMinutes = v, v => T("{0} minutes", Told(v))),
        Share(nameof(ClinicProtocol.MinReachedShare), "Afterwards", "Patients to be reached by follow-up", p => p.MinReachedShare, (p, v) => p.MinReachedShare = v),
        Number(nameof(ClinicProtocol.ReviewHours), "Records", "A sentinel event’s review begins within", "hours from its record", p => p.ReviewHours, (p, v) => p.ReviewHours = v, v => Figures.Hours(v)),
        Number(nameof(ClinicProtocol.RecordHours), "Records", "An event is written down within", "hours from its finding", p => p.RecordHours, (p, v) => p.RecordHours = v, v => Figures.Hours(v)),
        Number(nameof(ClinicProtocol.SignHours), "Records", "A note is signed within", "hours from the session’s end", p => p.SignHours, (p, v) => p.SignHours = v, v => Figures.Hours(v)),
        Share(nameof(ClinicProtocol.MinCompleteness), "Records", "Fields of a session filled in", p => p.MinCompleteness, (p, v) => p.MinCompleteness = v),
        Share(nameof(ClinicProtocol.AdherenceTarget), "Records", "Target: each rule is kept in", p => p.AdherenceTarget, (p, v) => p.AdherenceTarget = v),
        Number(nameof(ClinicProtocol.FalseAlarmsPerYear), "Alerts", "Red false alarms accepted in the clinic", "a year, about practitioners, while nothing is wrong; when empty: 0.05 for each practitioner. It is shared out among the measures that are watched, each of which takes between 0.002 and 0.05 a year; a wish beyond that is met as far as it goes", p => p.FalseAlarmsPerYear, (p, v) => p.FalseAlarmsPerYear = v, v => T("{0} a year", Told(v))),
        List(nameof(ClinicProtocol.Jurisdictions), "Reporting duties", "Jurisdictions", $"of the duties below: {string.Join("; ", ReportingDuties.All.Select(d => d.Jurisdiction).Distinct())}; US-FL has those of US too", p => p.Jurisdictions, (p, v) => p.Jurisdictions = v),
        new(nameof(ClinicProtocol.VerifiedDuties), "Reporting duties", "Duties that the clinic has verified", "duty, or duty=hours to its deadline, as the clinic found it", p => Join(p.VerifiedDuties?.Select(d => d.DeadlineHours is { } h ? $"{d.Id}={Written(h)}" : d.Id)), ReadDuties,
            p => Join(p.VerifiedDuties?.Select(d => (ReportingDuties.ById.TryGetValue(d.Id, out var duty) ? duty.Name : d.Id) + (d.DeadlineHours is { } h ? T(", within {0}", Figures.Hours(h)) : "")))),
    ];

    const int LongestText = 20_000;

    static readonly string[] Leading = [" within", " for", " lasts", " up to", " kept in"];

    static readonly Dictionary<string, Setting> ByName = Settings.ToDictionary(s => s.Name);

    public static Setting Field(string name) => ByName[name];

    /// <summary>Reads a posted form. What is empty is not set.</summary>
    /// <returns>The problems, by setting.</returns>
    public static List<(string Setting, string Problem)> Read(ClinicProtocol protocol, Func<string, string?> posted)
    {
        var problems = new List<(string, string)>();
        foreach (var setting in Settings)
            if (posted(setting.Name)?.Trim() is { Length: > 0 } text && (text.Length > LongestText ? T("It is longer than {0} characters.", LongestText) : setting.Read(protocol, text)) is { } problem)
                problems.Add((setting.Name, problem));
        return problems;
    }

    static string Written(double number) => number.ToString(CultureInfo.InvariantCulture);

    // The same for people; it is typed with a full stop.
    static string Told(double number) => number.ToString(CultureInfo.CurrentCulture);

    static string Written(DepthLimit limit) => $"{limit.Muscle}{(limit.BmiBand is null ? "" : "/" + limit.BmiBand)}={Written(limit.MaxMm)}";

    static string Join(IEnumerable<string>? list) => list is null ? "" : string.Join("; ", list);

    static string[] Entries(string text) => text.Split([';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    // As the codes in files are read.
    static string Code(string text) => text.Trim().ToLowerInvariant().Replace(' ', '_').Replace('-', '_');

    static bool TryNumber(string text, out double number) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);

    static Setting Number(string name, string group, string label, string hint, Func<ClinicProtocol, double?> get, Action<ClinicProtocol, double> set, Func<double, string>? words = null) => new(name, group, label, hint, p => get(p) is { } v ? Written(v) : "",
        (p, text) =>
        {
            if (!TryNumber(text, out double number)) return T("It must be a number, with a full stop where it has decimals.");
            set(p, number);
            return null;
        }, p => get(p) is { } v ? (words ?? Told)(v) : "");

    static Setting Whole(string name, string group, string label, string hint, Func<ClinicProtocol, int?> get, Action<ClinicProtocol, int> set, Func<double, string>? words = null) => new(name, group, label, hint, p => get(p)?.ToString(CultureInfo.InvariantCulture) ?? "",
        (p, text) =>
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)) return T("It must be a whole number.");
            set(p, number);
            return null;
        }, p => get(p) is { } v ? (words ?? Told)(v) : "");

    static Setting Share(string name, string group, string label, Func<ClinicProtocol, double?> get, Action<ClinicProtocol, double> set) => new(name, group, label, "per cent", p => get(p) is { } v ? Written(Math.Round(100 * v, 6)) : "",
        (p, text) =>
        {
            if (!TryNumber(text.TrimEnd('%', ' '), out double number)) return T("It must be a number of per cent.");
            set(p, number / 100);
            return null;
        }, p => get(p) is { } v ? $"{Told(Math.Round(100 * v, 6))} %" : "");

    static Setting List(string name, string group, string label, string hint, Func<ClinicProtocol, IReadOnlyList<string>?> get, Action<ClinicProtocol, IReadOnlyList<string>> set) => new(name, group, label, hint, p => Join(get(p)),
        (p, text) =>
        {
            // As the files' codes are read: without regard to case, spaces and hyphens. Jurisdictions are spelt as they are.
            string[] entries = [.. Entries(text).Select(e => name == nameof(ClinicProtocol.Jurisdictions) ? e.ToUpperInvariant() : Code(e)).Distinct()];
            if (entries.Length == 0) return null;
            if (entries.Length > 200 || entries.Any(e => e.Length > 100)) return T("At most 200 entries of at most 100 characters.");
            set(p, entries);
            return null;
        }, p => Join(get(p)?.Select(Codes.Words))) { IsOfFiles = true };

    static string Gloves(ClinicProtocol p) => p.GlovesRequired switch { true => "yes", false => "no", null => "" };

    static string? ReadGloves(ClinicProtocol p, string text)
    {
        p.GlovesRequired = text.ToLowerInvariant() switch { "yes" => true, "no" => false, _ => null };
        return p.GlovesRequired is null ? T("It must be yes or no, or empty where the clinic has no policy.") : null;
    }

    static string? ReadDepths(ClinicProtocol p, string text)
    {
        var limits = new List<DepthLimit>();
        foreach (string entry in Entries(text))
        {
            if (entry.Split('=', StringSplitOptions.TrimEntries) is not [{ Length: > 0 and <= 200 } place, var depth] || !TryNumber(depth, out double mm)) return T("“{0}” must be muscle=mm or muscle/bmi_band=mm.", entry);
            string[] parts = [.. place.Split('/', 2).Select(Code)];
            if (parts.Any(part => part.Length == 0)) return T("“{0}” must be muscle=mm or muscle/bmi_band=mm.", entry);
            limits.Add(new(parts[0], parts.Length > 1 ? parts[1] : null, mm));
        }
        p.DepthLimits = limits.Count > 0 ? limits : null;
        return limits.Count > 500 ? T("At most 500 limits.") : null;
    }

    static string? ReadDuties(ClinicProtocol p, string text)
    {
        var duties = new List<VerifiedDuty>();
        foreach (string entry in Entries(text))
        {
            string[] parts = entry.Split('=', StringSplitOptions.TrimEntries);
            double hours = 0;
            if (parts.Length > 2 || parts.Length == 2 && !TryNumber(parts[1], out hours)) return T("“{0}” must be a duty, or duty=hours.", entry);
            duties.Add(new(parts[0].ToUpperInvariant(), p.EffectiveFrom, parts.Length == 2 ? hours : null));
        }
        p.VerifiedDuties = duties.Count > 0 ? duties : null;
        return null;
    }
}
