using System.CommandLine;
using System.Globalization;
using SafetyAudit.Access;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Commands;

/// <summary><c>rotate-key</c>: takes a new key into use.</summary>
static class RotateKeyCommand
{
    public static Command Make(string[] settings)
    {
        var command = new Command("rotate-key", "Make a new key and give every patient's pseudonym another layer under it.");
        command.SetAction(async (_, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            var (key, records) = await services.GetRequiredService<RotateKey>().RunAsync(ct);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Key {key} is in use; {records} records were brought up to it."));
            Console.WriteLine($"Keep all keys, and back them up now: {services.GetRequiredService<KeyRing>().Directory}");
            return ExitCode.Done;
        });
        return command;
    }
}
