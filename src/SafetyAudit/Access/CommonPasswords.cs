using System.Collections.Frozen;
using System.IO.Compression;
using Microsoft.AspNetCore.Identity;

namespace SafetyAudit.Access;

/// <summary>Passwords that are tried first: found in leaks, or a dictionary word or name. The list is shipped; nothing is asked of the network.</summary>
public static class CommonPasswords
{
    static readonly Lazy<FrozenSet<string>> List = new(Read);
    static readonly char[] NotLetters = [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c).Where(c => !char.IsAsciiLetter(c))];

    /// <summary>Whether the list has it, has it without the digits and signs at its end, or has the piece that it repeats. Case does not count.</summary>
    public static bool Has(string password)
    {
        string whole = password.Trim().ToLowerInvariant();
        string piece = Piece(whole);
        // A piece of a few letters again and again is in nobody's list and in everybody's programme.
        return piece.Length <= 4 || In(whole) || In(piece);

        static bool In(string text) => List.Value.Contains(text) || text.TrimEnd(NotLetters) is { Length: >= 4 } core && List.Value.Contains(core);
    }

    static string Piece(string text)
    {
        for (int length = 1; length <= text.Length / 2; length++)
            if (text.Length % length == 0 && text == string.Concat(Enumerable.Repeat(text[..length], text.Length / length))) return text[..length];
        return text;
    }

    static FrozenSet<string> Read()
    {
        using var resource = typeof(CommonPasswords).Assembly.GetManifestResourceStream("SafetyAudit.Access.common-passwords.txt.gz")!;
        using var reader = new StreamReader(new GZipStream(resource, CompressionMode.Decompress));
        var lines = new List<string>(140_000);
        while (reader.ReadLine() is { } line) lines.Add(line);
        return lines.ToFrozenSet(StringComparer.Ordinal);
    }
}

/// <summary>What a new password must not be, beside short. There are no rules on its letters: they make it hard to remember and not hard to guess.</summary>
public sealed class PasswordRule : IPasswordValidator<User>
{
    public const int Shortest = 12, Longest = 128;

    public Task<IdentityResult> ValidateAsync(UserManager<User> manager, User user, string? password) =>
        Task.FromResult(ProblemWith(password ?? "", user.UserName ?? "") is { } problem
            ? IdentityResult.Failed(new IdentityError { Code = nameof(PasswordRule), Description = problem }) : IdentityResult.Success);

    /// <summary>What to do about it, or null when it will do.</summary>
    public static string? ProblemWith(string password, string userName)
    {
        const string advice = "Three or four unrelated words are easy to remember and hard to guess.";
        if (password.Length < Shortest) return $"That password is too short: at least {Shortest} characters. {advice}";
        if (password.Length > Longest) return $"That password is too long: at most {Longest} characters.";
        string letters = string.Concat(password.Where(char.IsLetterOrDigit));
        string name = string.Concat(userName.Split('@')[0].Where(char.IsLetterOrDigit));
        if (name.Length >= 4 && letters.Contains(name, StringComparison.OrdinalIgnoreCase))
            return $"That password contains your name, which is tried first. {advice}";
        if (letters.Contains("safetyaudit", StringComparison.OrdinalIgnoreCase))
            return $"That password contains this program's name, which is tried first. {advice}";
        return CommonPasswords.Has(password) ? $"That password is on the list of those tried first by anyone who guesses. {advice}" : null;
    }
}
