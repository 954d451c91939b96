using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>The way to the first account: a link printed at the start while nobody can sign in. It works once, in this run of the program only.</summary>
public sealed class SetUpLink(IDbContextFactory<SafetyAuditDb> databases) : IDisposable
{
    readonly SemaphoreSlim one = new(1);
    byte[]? token;

    /// <summary>A new token when there is no account yet, else null.</summary>
    public async Task<string?> OfferAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        if (await db.Users.AnyAsync(ct)) return null;
        string offered = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        token = Encoding.ASCII.GetBytes(offered);
        return offered;
    }

    public bool Fits(string? given) => token is { } wanted && given is not null && CryptographicOperations.FixedTimeEquals(wanted, Encoding.UTF8.GetBytes(given));

    /// <summary>Makes the first account and uses the link up. Answers what is wrong, or nothing.</summary>
    public async Task<IdentityResult> UseAsync(string? given, UserManager<User> users, User first, string password, CancellationToken ct)
    {
        await one.WaitAsync(ct);
        try
        {
            if (!Fits(given) || await users.Users.AnyAsync(ct)) return IdentityResult.Failed(new IdentityError { Description = "This link has been used. Sign in instead." });
            var result = await users.CreateAsync(first, password);
            if (result.Succeeded) token = null;
            return result;
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();
}
