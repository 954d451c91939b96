using System.CommandLine;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Commands;

/// <summary><c>user</c>: accounts. Nobody's password is ever given on a command line: an invitation lets its owner choose one.</summary>
static class UserCommand
{
    public static Command Make(string[] settings)
    {
        var name = new Argument<string>("NAME") { Description = "The user name: a mail address or a short name" };
        var roles = new Option<Role[]>("--role") { Required = true, Description = $"One or more of {Codes.ListOf<Role>()}", AllowMultipleArgumentsPerToken = true };
        roles.CustomParser = result =>
        {
            var found = new List<Role>();
            foreach (string text in result.Tokens.Select(t => t.Value))
                if (Codes.TryParse<Role>(text, out var role)) found.Add(role);
                else result.AddError($"--role must be one of {Codes.ListOf<Role>()}, not '{text}'.");
            return [.. found];
        };
        var clinics = new Option<string[]>("--clinic") { Description = "The clinics whose records they reach; all when left out", AllowMultipleArgumentsPerToken = true };
        var practitioner = new Option<string?>("--practitioner") { Description = "Whose own figures they see, for the role practitioner" };
        var add = new Command("add", "Make an account and print its invitation.") { name, roles, clinics, practitioner };
        add.SetAction((parsed, ct) => WithAccountsAsync(settings, async accounts =>
        {
            var (user, token) = await accounts.InviteAsync(parsed.GetRequiredValue(name), new(parsed.GetRequiredValue(roles), parsed.GetValue(clinics) ?? [], parsed.GetValue(practitioner)), ct);
            Console.WriteLine($"{user.UserName} may choose a password for one day at\n  {GiveAccess.InvitationPath(user, token)}\non the dashboard's address.");
        }, ct));
        var again = new Command("invite", "Print a new invitation, for someone who lost their password.") { name };
        again.SetAction((parsed, ct) => WithAccountsAsync(settings, async accounts =>
        {
            var (user, token) = await accounts.InviteAgainAsync(parsed.GetRequiredValue(name), ct);
            Console.WriteLine($"{user.UserName} may choose a password for one day at\n  {GiveAccess.InvitationPath(user, token)}\non the dashboard's address.");
        }, ct));
        var disable = new Command("disable", "Close an account and end its sign-ins at once.") { name };
        disable.SetAction((parsed, ct) => WithAccountsAsync(settings, accounts => accounts.DisableAsync(parsed.GetRequiredValue(name), disabled: true, ct), ct));
        var enable = new Command("enable", "Open a closed account again.") { name };
        enable.SetAction((parsed, ct) => WithAccountsAsync(settings, accounts => accounts.DisableAsync(parsed.GetRequiredValue(name), disabled: false, ct), ct));
        var reset = new Command("reset-code", "Ask for no code any more, for someone who lost their phone and their recovery codes.") { name };
        reset.SetAction((parsed, ct) => WithAccountsAsync(settings, accounts => accounts.ResetCodeAsync(parsed.GetRequiredValue(name), ct), ct));
        var format = Options.Code("--format", Format.Table, "table, csv or json");
        var list = new Command("list", "Accounts, with their roles and clinics.") { format };
        list.SetAction((parsed, ct) => WithAccountsAsync(settings, async accounts => Output.Write(await accounts.UsersAsync(ct), Columns, parsed.GetValue(format)), ct));
        return new Command("user", "Accounts.") { add, again, disable, enable, reset, list };
    }

    static readonly OutputColumn<User>[] Columns =
    [
        new("name", u => u.UserName),
        new("roles", u => string.Join(';', u.Roles.Select(Codes.Of))),
        new("clinics", u => string.Join(';', u.ClinicIds)),
        new("practitioner_id", u => u.PractitionerId),
        new("disabled_at", u => u.DisabledAtUtc),
    ];

    internal static async Task<int> WithAccountsAsync(string[] settings, Func<GiveAccess, Task> work, CancellationToken ct)
    {
        await using var services = await CommandLine.OpenAsync(settings, ct, withAccounts: true);
        await using var scope = services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<SafetyAuditDb>().Actor = Actor.CommandLine;
        await work(scope.ServiceProvider.GetRequiredService<GiveAccess>());
        return ExitCode.Done;
    }
}
