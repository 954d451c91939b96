using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Net.Mail;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.AuditTrail;
using SafetyAudit.Cases;
using SafetyAudit.Data;

namespace SafetyAudit.Notices;

/// <summary>Sends what waits, and tries again what failed: after a minute, then ever later, never all at once; after the last attempt it is given up and stays in the list.</summary>
public sealed class SendNotices(IDbContextFactory<SafetyAuditDb> databases, NoticeSettings settings, OutboundRequests outbound, KeyRing keys, TimeProvider time, ILogger<SendNotices> log)
{
    static readonly TimeSpan[] Pauses = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(6), TimeSpan.FromHours(12)];

    /// <summary>Attempts after which a notice is given up.</summary>
    public static int MostAttempts => Pauses.Length + 1;

    /// <summary>While one is being sent no other worker takes it; after that time another may.</summary>
    static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    /// <summary>After that time nothing more is begun: the next run starts with what is urgent then.</summary>
    static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(30);

    const int LongestProblem = 300;

    const string NoAnswer = "No answer in time.";

    /// <summary>Sends what waits to leave one way, sentinel events first. Answers how many were sent.</summary>
    public async Task<int> RunAsync(NoticeChannel channel, CancellationToken ct)
    {
        // What can't leave waits; it is no failed attempt.
        if (settings.Address is null || channel == NoticeChannel.Mail && settings.Smtp is null) return 0;
        int sent = 0;
        var silent = new List<string>();
        for (long began = time.GetTimestamp(); time.GetElapsedTime(began) < LongestRun;)
        {
            await using var db = await databases.OpenAsync(Actor.Worker, ct);
            var now = time.UtcNow();
            var waiting = db.Notices.Where(n => n.Channel == channel && n.State == NoticeState.Waiting && n.NotBeforeUtc <= now && !silent.Contains(n.Receiver));
            if (await waiting.OrderByDescending(n => n.Kind == NoticeKind.SentinelEvent).ThenBy(n => n.Id).FirstOrDefaultAsync(ct) is not { } notice) break;
            try
            {
                await SendAsync(db, notice, now, ct);
            }
            catch (DbUpdateConcurrencyException)
            {
                // Another worker took it, before or, where this one was held up for longer than the lease, after.
                continue;
            }
            if (notice.State == NoticeState.Sent) sent++;
            if (notice is not { State: not NoticeState.Sent, Problem: NoAnswer }) continue;
            // Whoever did not answer does not hold up the others; the mail server is the same for all.
            if (channel == NoticeChannel.Mail) break;
            silent.Add(notice.Receiver);
        }
        return sent;
    }

    async Task SendAsync(SafetyAuditDb db, Notice notice, DateTime now, CancellationToken ct)
    {
        var after = notice is { Channel: NoticeChannel.Mail, Kind: not NoticeKind.SentinelEvent } ? settings.AfterQuiet(now) : now;
        if (after > now) notice.NotBeforeUtc = after;
        // One whose every attempt was cut short, however that came, is not begun for ever.
        else if (notice.Attempts >= MostAttempts) (notice.State, notice.Problem) = (NoticeState.Dead, notice.Problem ?? "The last attempt was cut short.");
        // Kept first: a crash in the middle counts as an attempt, and the same notice goes out again under the same id.
        else (notice.Attempts, notice.NotBeforeUtc, notice.Problem) = (notice.Attempts + 1, now + Lease, null);
        await db.SaveChangesAsync(ct);
        if (after > now || notice.State == NoticeState.Dead) return;

        (notice.State, string? problem) = await TryAsync(db, notice, now, ct);
        now = time.UtcNow();
        notice.Problem = problem;
        if (notice.State == NoticeState.Sent) notice.SentAtUtc = now;
        else log.LogWarning("Notice {Notice} ({Kind}) was not delivered, attempt {Attempt}: {Problem}", notice.Id, notice.Kind, notice.Attempts, problem);
        if (notice.State == NoticeState.Waiting)
        {
            if (notice.Attempts >= MostAttempts) notice.State = NoticeState.Dead;
            // A quarter earlier or later, so that what failed together is not tried together.
            else notice.NotBeforeUtc = now + Pauses[notice.Attempts - 1] * (0.75 + RandomNumberGenerator.GetInt32(501) / 1000.0);
        }
        // Also when the worker is told to stop: what has left is not sent a second time.
        await db.SaveChangesAsync(CancellationToken.None);
    }

    /// <summary>Has a notice that was given up sent anew, or puts it aside. False where there is none.</summary>
    public static async Task<bool> SettleAsync(SafetyAuditDb db, long id, bool again, DateTime now, CancellationToken ct)
    {
        if (await db.Notices.SingleOrDefaultAsync(n => n.Id == id && n.State == NoticeState.Dead, ct) is not { } notice) return false;
        if (again) (notice.State, notice.Attempts, notice.NotBeforeUtc) = (NoticeState.Waiting, 0, now);
        else notice.State = NoticeState.Dismissed;
        await db.SaveChangesAsync(ct);
        return true;
    }

    /// <summary>A user's mail address: their name, where it is one.</summary>
    public static MailAddress? AddressOf(User user) => user.UserName is { } text && text.Contains('@', StringComparison.Ordinal) && MailAddress.TryCreate(text, out var address) && address.Address == text ? address : null;

    /// <summary>Whether somebody's role has anything to be told every week.</summary>
    public static bool HasDigest(User user) => Roles.Of(user.Roles) is var may && (may.Contains(Permission.ReviewCases) || may.Contains(Permission.ManageAccess));

    // What became of it. What still waits after an attempt is tried again.
    async Task<(NoticeState State, string? Problem)> TryAsync(SafetyAuditDb db, Notice notice, DateTime now, CancellationToken ct)
    {
        try
        {
            return notice.Channel == NoticeChannel.Mail ? await MailAsync(db, notice, now, ct) : await PostAsync(db, notice, now, ct);
        }
        // Whatever else goes wrong is this one's own problem and keeps no other from leaving. Servers quote themselves and what they were sent: no line of theirs makes one in the log.
        catch (Exception e) when (!ct.IsCancellationRequested && e is not DbUpdateException && e.GetBaseException() is not DbException)
        {
            return (NoticeState.Waiting, e is OperationCanceledException ? NoAnswer : LogText.Of(e.GetBaseException().Message, LongestProblem));
        }
    }

    async Task<(NoticeState State, string? Problem)> MailAsync(SafetyAuditDb db, Notice notice, DateTime now, CancellationToken ct)
    {
        var smtp = settings.Smtp!;
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.UserName == notice.Receiver && u.DisabledAtUtc == null, ct) is not { } user || AddressOf(user) is not { } to) return (NoticeState.Withdrawn, "The receiver has no account or no mail address.");
        if ((notice.Kind switch { NoticeKind.Digest => await DigestAsync(user, now, ct), NoticeKind.ReportFrozen => await OfReportAsync(db, notice, user, ct), _ => await OfCaseAsync(db, notice, user, now, ct) }) is not var (subject, text)) return (NoticeState.Withdrawn, "It no longer held when it was to be sent.");
        using var message = new MailMessage(smtp.From, to) { Subject = subject, Body = text, BodyEncoding = System.Text.Encoding.UTF8, SubjectEncoding = System.Text.Encoding.UTF8, BodyTransferEncoding = System.Net.Mime.TransferEncoding.QuotedPrintable };
        message.Headers.Add("Message-ID", $"<notice-{notice.Id}@{settings.Address!.Host}>");
        message.Headers.Add("Auto-Submitted", "auto-generated");
        using var client = new SmtpClient(smtp.Host, smtp.Port) { EnableSsl = smtp.Encrypted, DeliveryMethod = SmtpDeliveryMethod.Network };
        if (smtp.User is not null) client.Credentials = new NetworkCredential(smtp.User, smtp.Password);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        await client.SendMailAsync(message, patience.Token);
        return (NoticeState.Sent, null);
    }

    // Which one it is stands on the page; nothing where none waits any more.
    async Task<(string Subject, string Text)?> OfReportAsync(SafetyAuditDb db, Notice notice, User user, CancellationToken ct) =>
        PlanNotices.KeepsReports(user, notice.ClinicId) && await PlanNotices.Waiting(db).AnyAsync(r => r.ClinicId == notice.ClinicId, ct)
            ? ("A report waits to be signed", Closed($"A compliance report was made by its schedule and waits for somebody to look at it, sign it and issue it.\n\n{Link("reports")}")) : null;

    // Worded as the case is now; nothing where it no longer holds.
    async Task<(string Subject, string Text)?> OfCaseAsync(SafetyAuditDb db, Notice notice, User user, DateTime now, CancellationToken ct)
    {
        var review = await db.Cases.AsNoTracking().SingleAsync(c => c.Id == notice.CaseId, ct);
        bool notBegun = await ReviewCase.NotBegun(db).AnyAsync(c => c.Id == review.Id, ct);
        if (!PlanNotices.Holds(notice.Kind, review, user, notBegun, now)) return null;
        var zone = await db.ZoneOfAsync(review.ClinicId, ct);
        string Instant(DateTime at) => string.Create(CultureInfo.InvariantCulture, $"{TimeZoneInfo.ConvertTimeFromUtc(at, zone):d MMMM yyyy HH:mm} ({(zone.BaseUtcOffset == TimeSpan.Zero && !zone.SupportsDaylightSavingTime ? "UTC" : zone.Id)})");
        string which = $"case {review.Id} of clinic {LogText.Of(review.ClinicId)}",
            due = (notBegun ? $"Its review is to begin by {Instant(review.BeginByUtc!.Value)}. " : "") + (review.DueAtUtc is { } at ? $"It is to be decided by {Instant(at)}." : "No date has been set for it.");
        if (notice.Kind is NoticeKind.SentinelEvent or NoticeKind.CaseOpened)
        {
            var before = await db.Notices.Where(n => n.CaseId == review.Id && n.Kind == notice.Kind && n.Channel == NoticeChannel.Mail && n.Id < notice.Id).Select(n => n.State).ToListAsync(ct);
            due += before.Count >= PlanNotices.PersonsTold && before.Exists(state => state != NoticeState.Sent) ? " Another who should know could not be reached." : " You are one of two who are told.";
        }
        var (subject, said) = notice.Kind switch
        {
            NoticeKind.SentinelEvent => ($"Sentinel event: {which}", $"An event of a kind that is always reviewed was recorded, and {which} was opened. {due}"),
            NoticeKind.CaseOpened => ($"A review is asked for: {which}", $"A finding that asks for a review was raised, and {which} was opened. {due}"),
            NoticeKind.CaseAssigned => ($"You lead {which}", $"You were asked to lead the review of {which}. {due}"),
            NoticeKind.CaseAsked => ($"Your answer is asked for: {which}", $"A review, {which}, has come to you. You see the rows that it rests on, and can say what the figures don't show. Nothing has been decided."),
            NoticeKind.CaseDueSoon => ($"Due soon: {which}", $"The review of {which} is not decided yet. {due}"),
            NoticeKind.CaseNotBegun => ($"Not begun: {which}", $"The review of {which} was to begin by {Instant(review.BeginByUtc!.Value)}, and nobody has begun it. It is led by {LogText.Of(review.Owner ?? "nobody yet", 256)}."),
            NoticeKind.CaseRecordsChanged => ($"Records changed: {which}", $"Since {which} was decided, records have come or changed that it rested on. Look at it again, and open it again where they matter."),
            NoticeKind.CaseOverdue => ($"Overdue: {which}", $"The review of {which} was to be decided by {Instant(review.DueAtUtc!.Value)} and is not. It is led by {LogText.Of(review.Owner ?? "nobody yet", 256)}."),
            _ => throw new InvalidOperationException($"No mail is worded for {notice.Kind}."),
        };
        // Who gives access and may not read it is told where those who may are too few.
        return notice.Kind == NoticeKind.CaseAsked || ReviewCase.MayReview(user, review) ? (subject, Closed($"{said}\n\n{Link($"cases/{review.Id}")}"))
            : (subject, Closed($"{said}\n\nYou may not read it yourself. You are told because too few who may could be: see to it that somebody who may review it hears of it.\n\n{Link("notices")}"));
    }

    // As the receiver's own account would see it, whatever the worker may reach; nothing where their role has nothing to be told.
    async Task<(string Subject, string Text)?> DigestAsync(User user, DateTime now, CancellationToken ct)
    {
        if (!HasDigest(user)) return null;
        var may = Roles.Of(user.Roles);
        await using var own = await databases.OpenAsync(new Actor(ActorKind.Person, user.UserName!, "", may, user.Scope), ct);
        var lines = new List<string>();
        if (may.Contains(Permission.ReviewCases))
        {
            string? self = user.PractitionerId;
            var alerts = await own.Alerts.Where(a => a.Status == AlertStatus.Open && (self == null || a.PractitionerId != self)).GroupBy(a => a.Level).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(ct);
            lines.Add($"Open alerts: {(alerts.Count == 0 ? "none" : string.Join(", ", alerts.OrderBy(a => a.Key).Select(a => $"{a.Count} {Codes.Of(a.Key)}")))}.");
            var open = await own.Cases.AsNoTracking().Where(c => c.Stage != CaseStage.Closed && (self == null || c.PractitionerId != self)).ToListAsync(ct);
            int late = await ReviewCase.Late(own, now).CountAsync(c => self == null || c.PractitionerId == null || c.PractitionerId != self, ct);
            lines.Add($"Open cases: {open.Count}, of which {open.Count(c => c.Owner is null)} are led by nobody and {late} are overdue or not begun in time. You lead {open.Count(c => c.Owner == user.UserName)}.");
            int lapsing = (await Credential.ReadAsync(own, DateOnly.FromDateTime(now), null, ct)).Count(c => c.State is CredentialState.Lapsed or CredentialState.LapsesSoon);
            lines.Add($"Credentials that have lapsed or lapse within 60 days: {lapsing}.");
            lines.Add(Link(""));
        }
        if (may.Contains(Permission.ManageAccess))
        {
            await using var all = await databases.OpenAsync(Actor.Worker, ct);
            lines.Add($"Notices that could not be delivered: {await all.Notices.CountAsync(n => n.State == NoticeState.Dead, ct)}.");
            lines.Add(Link("notices"));
        }
        return ("What is open this week", Closed(string.Join("\n", lines)));
    }

    async Task<(NoticeState State, string? Problem)> PostAsync(SafetyAuditDb db, Notice notice, DateTime now, CancellationToken ct)
    {
        long id = long.Parse(notice.Receiver, CultureInfo.InvariantCulture);
        if (await db.Webhooks.AsNoTracking().SingleOrDefaultAsync(w => w.Id == id && w.EndedAtUtc == null, ct) is not { } hook) return (NoticeState.Withdrawn, "The webhook was ended.");
        // What happened then, whatever has happened since; by when it is to be decided, as it is now.
        var entry = await db.CaseEntries.AsNoTracking().SingleAsync(e => e.Id == notice.CaseEntryId, ct);
        var review = await db.Cases.AsNoTracking().SingleAsync(c => c.Id == entry.CaseId, ct);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            type = Codes.Of(notice.Kind).Replace('_', '.'), timestamp = entry.AtUtc,
            data = new { case_id = review.Id, clinic_id = entry.ClinicId, level = Codes.Of(review.Level), due_at = review.DueAtUtc, decision = entry.Decision is { } decision ? Codes.Of(decision) : null, url = Link($"cases/{review.Id}") },
        });
        using var request = hook.Request($"notice_{notice.Id}", body, keys, now);
        using var response = await outbound.SendAsync(request, ct);
        if (response.IsSuccessStatusCode) return (NoticeState.Sent, null);
        return (response.StatusCode == HttpStatusCode.Gone ? NoticeState.Dead : NoticeState.Waiting, $"It answered {(int)response.StatusCode}.");
    }

    string Link(string path) => new Uri(settings.Address!, path).AbsoluteUri;

    static string Closed(string text) => text + "\n\n-- \nSafetyAudit. This message names no patient, and nobody whom a review is about; sign in to read more.\n";
}
