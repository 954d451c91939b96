using System.CommandLine;
using SafetyAudit.Access;

namespace SafetyAudit.Host.Commands;

/// <summary><c>key</c>: API keys.</summary>
static class KeyCommand
{
    public static Command Make(string[] settings)
    {
        var name = new Argument<string>("NAME") { Description = "What the key is for" };
        var clinic = new Option<string>("--clinic") { Required = true, Description = "The clinic that the key reaches" };
        var add = new Command("add", "Make a key and print it, once.") { name, clinic };
        add.SetAction((parsed, ct) => UserCommand.WithAccountsAsync(settings, async accounts =>
        {
            var (key, secret) = await accounts.AddKeyAsync(parsed.GetRequiredValue(name), parsed.GetRequiredValue(clinic), ct);
            Console.Error.WriteLine($"Key {key.Id}, {key.Name}, for clinic {key.ClinicId}. It is shown this once:");
            Console.WriteLine(secret);
        }, ct));
        var id = new Argument<long>("ID");
        var revoke = new Command("revoke", "End a key at once.") { id };
        revoke.SetAction((parsed, ct) => UserCommand.WithAccountsAsync(settings, accounts => accounts.RevokeKeyAsync(parsed.GetValue(id), ct), ct));
        var format = Options.Code("--format", Format.Table, "table, csv or json");
        var list = new Command("list", "Keys, without their secrets.") { format };
        list.SetAction((parsed, ct) => UserCommand.WithAccountsAsync(settings, async accounts => Output.Write(await accounts.KeysAsync(ct), Columns, parsed.GetValue(format)), ct));
        return new Command("key", "API keys.") { add, revoke, list };
    }

    static readonly OutputColumn<ApiKey>[] Columns =
    [
        new("key_id", k => k.Id),
        new("name", k => k.Name),
        new("clinic_id", k => k.ClinicId),
        new("made_at", k => k.MadeAtUtc),
        new("revoked_at", k => k.RevokedAtUtc),
    ];
}
