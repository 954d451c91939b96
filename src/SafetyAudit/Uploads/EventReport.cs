using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Sessions;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Uploads;

/// <summary>
/// What somebody without an account reports: a few words of theirs, turned into one row of an events file. The row is made so that nothing in it keeps the event from
/// being taken: what might not fit (a session of somebody else, a practitioner by name) goes into the text for people to read.
/// </summary>
public sealed record EventReport
{
    public const int LongestText = 4000;
    const int LongestWords = 100;
    const string SuspectedLung = "breath";

    /// <summary>What can be chosen, in plain words, and the category each stands for.</summary>
    public static readonly IReadOnlyList<(string Code, string Words, string Category)> Whats =
    [
        ("pain", "Pain or soreness, more or longer than I was told", "PAIN_POST"),
        ("bruise", "A bruise", "BRUISE_MINOR"),
        ("bleeding", "Bleeding", "BLEED_MINOR"),
        ("dizzy", "Feeling dizzy or faint", "NEAR_FAINT"),
        ("fainted", "Fainting", "SYNCOPE"),
        ("lung", "A collapsed lung, found by a doctor", "PNEUMOTHORAX"),
        // What it was is not known yet: it is looked at as any serious event, and counts as no pneumothorax before somebody says so.
        (SuspectedLung, "Trouble breathing or chest pain", "OTHER_MILD"),
        ("numb", "Numbness, tingling or weakness", "NERVE_TRANSIENT"),
        ("infection", "Signs of an infection: red, hot, swollen, pus", "INFECTION_LOCAL"),
        ("needle", "A needle was left in, or forgotten", "NEEDLE_RETAINED"),
        ("other", "Something else", "OTHER_MILD"),
    ];

    public static readonly IReadOnlyList<(Severity Severity, string Words)> HowBads =
    [
        (Severity.Mild, "It bothered a little"), (Severity.Moderate, "It got in the way of ordinary things"),
        (Severity.Severe, "It was very bad"), (Severity.Critical, "There was danger to life"),
    ];

    public static readonly IReadOnlyList<(MedicalAttention Attention, string Words)> Dones =
    [
        (MedicalAttention.None, "Nobody was seen about it"), (MedicalAttention.PrimaryCare, "A doctor, a nurse or a pharmacy"),
        (MedicalAttention.Emergency, "An emergency department or an ambulance"), (MedicalAttention.Admitted, "A stay in hospital"),
    ];

    public static readonly IReadOnlyList<(string Code, string Words)> Whos = [("patient", "The patient"), ("relative", "A relative or friend"), ("staff", "Somebody who works here")];

    public string? What { get; init; }
    public string? When { get; init; }
    public string? Treatment { get; init; }
    public string? Practitioner { get; init; }
    public string? Session { get; init; }
    public string? HowBad { get; init; }
    public string? Done { get; init; }
    public string? Patient { get; init; }
    public string? Text { get; init; }
    public string? Who { get; init; }

    /// <summary>What must be mended before it can be taken, in words for whoever fills it in.</summary>
    public IEnumerable<string> Problems(TimeZoneInfo zone, DateTime now)
    {
        if (!Whats.Any(w => w.Code == What)) yield return T("Choose what happened.");
        if (OnsetIn(zone) is not { } onset) yield return T("Say when it happened: day and time, about is enough.");
        else if (onset > now.AddHours(1)) yield return T("The time when it happened lies in the future. Correct it.");
        else if (onset < now.AddYears(-10)) yield return T("The time when it happened lies more than ten years back. Correct it.");
        if (!string.IsNullOrEmpty(Treatment) && Cells.Date(Encoding.UTF8.GetBytes(Treatment)) is null) yield return T("The day of the treatment can't be read. Choose it again, or leave it empty.");
        if (!HowBads.Any(b => Codes.Of(b.Severity) == HowBad)) yield return T("Choose how bad it was.");
        if (!string.IsNullOrEmpty(Done) && !Dones.Any(d => Codes.Of(d.Attention) == Done)) yield return T("Choose what was done, or leave it open.");
        if (!Whos.Any(w => w.Code == Who)) yield return T("Choose who reports.");
        if (Wrong(Practitioner, LongestWords)) yield return T("The practitioner's name must be at most {0} ordinary characters.", LongestWords);
        if (Wrong(Session, 64)) yield return T("The number of the session must be at most 64 ordinary characters.");
        if (Wrong(Patient, 64)) yield return T("The patient's number must be at most 64 ordinary characters.");
        if (Cells.Text(Encoding.UTF8.GetBytes(Text ?? ""), LongestText, isId: false, lines: true).Wrong is not null)
            yield return T("The description must be at most {0:N0} ordinary characters.", LongestText);

        static bool Wrong(string? text, int longest) => Cells.Text(Encoding.UTF8.GetBytes(text ?? ""), longest, isId: true, lines: false).Wrong is not null;
    }

    /// <summary>Under what a form's report is taken once; what was typed stands in it, hashed under a key.</summary>
    public DeliveryName NameOf(ReportLink link, string code, KeyRing keys) =>
        new($"report_link {link.Id}", code, "report " + Convert.ToHexStringLower(HMACSHA256.HashData(keys.Key(KeyPurpose.Fingerprints, keys.Newest), JsonSerializer.SerializeToUtf8Bytes(this, Json.Options))));

    /// <summary>The file of one row.</summary>
    /// <param name="code">Its tracking code, which is the event's id.</param>
    /// <param name="openedUtc">When the form was opened: the same however often it is sent.</param>
    /// <param name="clinic">Whose link it came by.</param>
    /// <param name="db">Where sessions and practitioners are looked up.</param>
    /// <param name="keys">For the patient's pseudonym.</param>
    /// <param name="ct">Stops the looking up.</param>
    public async Task<byte[]> RowAsync(string code, DateTime openedUtc, Clinic clinic, SafetyAuditDb db, KeyRing keys, CancellationToken ct)
    {
        var onset = OnsetIn(TimeZoneInfo.FindSystemTimeZoneById(clinic.TimeZone))!.Value;
        string patient = Trimmed(Patient), session = Trimmed(Session), practitioner = Trimmed(Practitioner);
        var told = new List<string>();
        if (Trimmed(Treatment) is { Length: > 0 } day) told.Add($"Treatment on {day}.");
        // What looks like a pseudonym is none that a patient would know.
        bool isNamed = patient.Length > 0 && Pseudonyms.LayerOf(patient) == 0;
        if (patient.Length > 0 && !isNamed) told.Add($"Patient as told: {patient}.");
        bool joins = session.Length > 0 && isNamed && await MayMeanAsync(session, patient, onset, clinic, db, keys, ct);
        if (session.Length > 0 && !joins) told.Add($"Session as told: {session}.");
        string? known = practitioner.Length > 0 ? await PractitionerAsync(practitioner, clinic, db, ct) : null;
        if (practitioner.Length > 0) told.Add($"Practitioner as told: {practitioner}.");
        string narrative = string.Join("\n\n", new[] { string.Join(' ', told), Trimmed(Text) }.Where(t => t.Length > 0));
        return JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string?>
        {
            ["event_id"] = code, ["clinic_id"] = clinic.Id,
            // Nobody else's, so that no two who wish to stay unnamed become one person.
            ["patient_id"] = isNamed ? patient : $"anonymous-{code}",
            ["category"] = Whats.Single(w => w.Code == What).Category, ["onset_at"] = Instant(onset), ["recorded_at"] = Instant(openedUtc),
            ["session_id"] = joins ? session : null, ["practitioner_id"] = known, ["severity"] = HowBad, ["seriousness"] = What == SuspectedLung ? "serious" : null, ["medical_attention"] = Done is { Length: > 0 } ? Done : null,
            ["reporter_role"] = Who, ["report_channel"] = Codes.Of(ReportChannel.OpenForm), ["narrative"] = narrative.Length > 0 ? narrative : null,
        }, Json.Options);
    }

    // A time that came twice is taken as the later one, and one that the clocks skipped as an hour on: to the hour is all that is asked.
    DateTime? OnsetIn(TimeZoneInfo zone)
    {
        string[] forms = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];
        if (!DateTime.TryParseExact(When, forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) || local.Year < 1990) return null;
        return TimeZoneInfo.ConvertTimeToUtc(zone.IsInvalidTime(local) ? local.AddHours(1) : local, zone);
    }

    // One that has not arrived may be meant; one that is another patient's, or begins after it, is not.
    static async Task<bool> MayMeanAsync(string session, string patient, DateTime onset, Clinic clinic, SafetyAuditDb db, KeyRing keys, CancellationToken ct)
    {
        var there = await db.Sessions.AsNoTracking().Where(s => s.SessionId == session && s.ClinicId == clinic.Id && s.SupersededAtUtc == null)
            .Select(s => new { s.PatientId, s.StartedAtUtc }).ToListAsync(ct);
        string? pseudonym = new Pseudonyms(keys, await keys.AgreeAsync(db, ct)).Of(patient);
        return there.TrueForAll(s => s.PatientId == pseudonym && s.StartedAtUtc <= onset);
    }

    static async Task<string?> PractitionerAsync(string told, Clinic clinic, SafetyAuditDb db, CancellationToken ct)
    {
        var there = await db.Current<Practitioner>().Where(p => p.ClinicId == clinic.Id).Select(p => new { p.PractitionerId, p.DisplayName }).ToListAsync(ct);
        var meant = there.FindAll(p => p.PractitionerId == told);
        if (meant.Count == 0) meant = there.FindAll(p => string.Equals(p.DisplayName, told, StringComparison.OrdinalIgnoreCase));
        return meant is [var one] ? one.PractitionerId : null;
    }

    // As the intake reads it: the pseudonym is taken of the id in normal form.
    static string Trimmed(string? text) => (text ?? "").Trim().Normalize(NormalizationForm.FormC);

    static string Instant(DateTime utc) => utc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
