using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Host.Commands;

/// <summary><c>clinic</c>: adds a clinic, or sets its name and time zone.</summary>
static class ClinicCommand
{
    public static Command Make(string[] settings)
    {
        var code = new Argument<string>("CODE") { Description = "The clinic's code, as in the files" };
        var name = new Option<string?>("--name") { Description = "Its name on the pages" };
        var zone = new Option<string?>("--time-zone") { Description = "Its IANA time zone, such as Europe/London" };
        var command = new Command("clinic", "Add a clinic, or set its name and time zone.") { code, name, zone };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            await SetAsync(services, parsed.GetRequiredValue(code), parsed.GetValue(name), parsed.GetValue(zone), ct);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A time zone can only be set while the clinic has no sessions: their dates were told by it.</summary>
    public static async Task SetAsync(IServiceProvider services, string code, string? name, string? timeZone, CancellationToken ct)
    {
        if (timeZone != null && !TimeZoneInfo.TryFindSystemTimeZoneById(timeZone, out _)) throw new CommandFailedException($"'{timeZone}' is no IANA time zone. Use a name such as Europe/London.");
        await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
        var clinic = await db.Clinics.FindAsync([code], ct);
        if (clinic is null)
        {
            string standard = services.GetRequiredService<Uploads.UploadSettings>().DefaultTimeZone.Id;
            db.Clinics.Add(clinic = new Clinic { Id = code, Name = code, TimeZone = standard, AddedAtUtc = services.GetRequiredService<TimeProvider>().UtcNow() });
        }
        if (timeZone != null && timeZone != clinic.TimeZone && await db.Sessions.AnyAsync(s => s.ClinicId == code, ct))
            throw new CommandFailedException($"Clinic {code} has sessions, whose dates were told by its time zone {clinic.TimeZone}. The zone can be set before the first import only.");
        clinic.Name = name ?? clinic.Name;
        clinic.TimeZone = timeZone ?? clinic.TimeZone;
        await db.SaveChangesAsync(ct);
    }
}
