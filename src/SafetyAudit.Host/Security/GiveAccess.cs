using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>What can't be done with an account or a key, in words that say what can.</summary>
public sealed class AccessRefusedException(string message) : InvalidOperationException(message);

/// <summary>Accounts and API keys: who may, and what. The Access page and the verbs <c>user</c> and <c>key</c> do the same things here.</summary>
public sealed class GiveAccess(SafetyAuditDb db, UserManager<User> users, TimeProvider time)
{
    /// <summary>What an account is given: roles, the clinics it reaches (none named: all), and whose own figures.</summary>
    public sealed record Grant(IReadOnlyList<Role> Roles, IReadOnlyList<string> ClinicIds, string? PractitionerId);

    /// <summary>An account without a password, and the token with which its owner chooses one.</summary>
    public async Task<(User User, string Token)> InviteAsync(string name, Grant grant, CancellationToken ct)
    {
        var user = new User { UserName = name };
        await SetAsync(user, grant, ct);
        Check(await users.CreateAsync(user));
        return (user, await users.GeneratePasswordResetTokenAsync(user));
    }

    /// <summary>A new token, for someone who lost their password. The old password works until another is chosen.</summary>
    public async Task<(User User, string Token)> InviteAgainAsync(string name, CancellationToken ct)
    {
        var user = await FindAsync(name, ct);
        db.Enter(new(AuditAction.Changed, $"user {user.UserName}", Why: "invited to choose a new password"));
        await db.SaveChangesAsync(ct);
        return (user, await users.GeneratePasswordResetTokenAsync(user));
    }

    public async Task ChangeAsync(string name, Grant grant, CancellationToken ct)
    {
        // Two who take the role from one another must not both succeed.
        await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Access, ct);
        var user = await FindAsync(name, ct);
        await SetAsync(user, grant, ct);
        await KeepAnAdministratorAsync(user, ct);
        Check(await users.UpdateAsync(user));
        await transaction.CommitAsync(ct);
    }

    /// <summary>Closes an account, which ends its sign-ins at once, or opens it again.</summary>
    public async Task DisableAsync(string name, bool disabled, CancellationToken ct)
    {
        await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Access, ct);
        var user = await FindAsync(name, ct);
        if (disabled == user.DisabledAtUtc is not null) return;
        user.DisabledAtUtc = disabled ? time.UtcNow() : null;
        await KeepAnAdministratorAsync(user, ct);
        // A new stamp, so that no cookie of before counts again should the account be opened again.
        Check(await users.UpdateSecurityStampAsync(user));
        await transaction.CommitAsync(ct);
    }

    /// <summary>Asks for no code any more, for someone who lost their phone and their recovery codes. Ends their sign-ins.</summary>
    public async Task ResetCodeAsync(string name, CancellationToken ct)
    {
        var user = await FindAsync(name, ct);
        (user.CodeSecret, user.LastCodeStep, user.RecoveryCodes) = (null, null, []);
        Check(await users.UpdateSecurityStampAsync(user));
    }

    /// <summary>A key and its secret, which nobody can be shown again.</summary>
    public async Task<(ApiKey Key, string Secret)> AddKeyAsync(string name, string clinicId, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > 100 || LogText.Of(name, 100) != name) throw new AccessRefusedException("Give the key a name of at most 100 characters on one line: what it is for.");
        await KnowClinicsAsync([clinicId], ct);
        var (key, secret) = ApiKey.Make(name, clinicId, time.UtcNow());
        db.ApiKeys.Add(key);
        await db.SaveChangesAsync(ct);
        return (key, secret);
    }

    public async Task RevokeKeyAsync(long id, CancellationToken ct)
    {
        var key = await db.ApiKeys.SingleOrDefaultAsync(k => k.Id == id, ct) ?? throw new AccessRefusedException($"There is no key {id}.");
        key.RevokedAtUtc ??= time.UtcNow();
        await db.SaveChangesAsync(ct);
    }

    public Task<List<User>> UsersAsync(CancellationToken ct) => db.Users.AsNoTracking().OrderBy(u => u.NormalizedUserName).ToListAsync(ct);

    public Task<List<ApiKey>> KeysAsync(CancellationToken ct) => db.ApiKeys.AsNoTracking().OrderBy(k => k.Id).ToListAsync(ct);

    /// <summary>Where the owner of an account chooses a password.</summary>
    public static string InvitationPath(User user, string token) => "/welcome" + new QueryString().Add("name", user.UserName!).Add("token", token);

    async Task<User> FindAsync(string name, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return await users.FindByNameAsync(name) ?? throw new AccessRefusedException($"There is no account {name}.");
    }

    async Task SetAsync(User user, Grant grant, CancellationToken ct)
    {
        if (grant.Roles.Count == 0) throw new AccessRefusedException($"An account needs at least one role: {Codes.ListOf<Role>()}.");
        await KnowClinicsAsync(grant.ClinicIds, ct);
        // Whoever keeps accounts could otherwise give themselves the other clinics.
        if (grant.Roles.Contains(Role.Administrator) && grant.ClinicIds.Count > 0) throw new AccessRefusedException("The role administrator is for the whole installation: choose no clinic with it.");
        bool treats = grant.Roles.Contains(Role.Practitioner);
        if (treats && grant.PractitionerId is not { Length: > 0 }) throw new AccessRefusedException("The role practitioner needs the id of the practitioner whose figures are shown (--practitioner).");
        if (treats && !await db.Current<Sessions.Practitioner>().AnyAsync(p => p.PractitionerId == grant.PractitionerId, ct))
            throw new AccessRefusedException($"No practitioner has the id {grant.PractitionerId}. Send the practitioners file first, or correct the id.");
        (user.Roles, user.ClinicIds, user.PractitionerId) = ([.. grant.Roles.Distinct()], [.. grant.ClinicIds.Distinct(StringComparer.Ordinal)], treats ? grant.PractitionerId : null);
    }

    async Task KnowClinicsAsync(IReadOnlyList<string> ids, CancellationToken ct)
    {
        var known = await db.Clinics.Where(c => ids.Contains(c.Id)).Select(c => c.Id).ToListAsync(ct);
        if (ids.Except(known).FirstOrDefault() is { } unknown) throw new AccessRefusedException($"No clinic has the code {unknown}.");
    }

    // Nobody could let anybody in again.
    async Task KeepAnAdministratorAsync(User changed, CancellationToken ct)
    {
        if (IsAdministrator(changed)) return;
        var others = await db.Users.AsNoTracking().Where(u => u.Id != changed.Id && u.DisabledAtUtc == null).ToListAsync(ct);
        if (!others.Exists(IsAdministrator)) throw new AccessRefusedException("This is the only open account with the role administrator. Give another the role first.");

        static bool IsAdministrator(User user) => user.DisabledAtUtc is null && user.Roles.Contains(Role.Administrator);
    }

    static void Check(IdentityResult result)
    {
        if (!result.Succeeded) throw new AccessRefusedException(string.Join(" ", result.Errors.Select(e => e.Description)));
    }
}
