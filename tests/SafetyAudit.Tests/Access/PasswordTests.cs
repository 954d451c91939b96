using System.Buffers.Binary;
using SafetyAudit.Access;
using SafetyAudit.Tests.Host;

namespace SafetyAudit.Tests.Access;

public class PasswordTests
{
    [Theory]
    [InlineData("password1234", "tried first")]
    [InlineData("Password2026!", "tried first")]
    [InlineData("QWERTYUIOPASDF", "tried first")]
    [InlineData("dragondragon", "tried first")]
    [InlineData("abababababab", "tried first")]
    [InlineData("unbelievable", "tried first")]
    [InlineData("123456789012", "tried first")]
    [InlineData("short words", "at least 12 characters")]
    [InlineData("", "at least 12 characters")]
    [InlineData("my Safety-Audit 77", "this program's name")]
    [InlineData("xx anna.berg xx", "your name")]
    [InlineData("xx AnnaBerg1970", "your name")]
    public void What_is_tried_first_is_refused_with_what_to_do(string password, string why) =>
        Assert.Contains(why, PasswordRule.ProblemWith(password, "anna.berg@clinic.example"), StringComparison.Ordinal);

    [Theory]
    [InlineData("correct horse battery")]
    [InlineData("plum kettle orbit")]
    [InlineData("все хорошо сегодня")]
    [InlineData("aaaa bbbb cccc dddd")]
    [InlineData("0f3a9c1b7d2e")]
    public void There_are_no_rules_on_letters(string password) => Assert.Null(PasswordRule.ProblemWith(password, "anna.berg@clinic.example"));

    [Fact]
    public void A_password_of_128_characters_is_taken_and_a_longer_one_is_not()
    {
        string longest = string.Concat(Enumerable.Range(0, 64).Select(i => $"{(char)('a' + i % 26)}{(char)('a' + i * 7 % 25)}"));
        Assert.Null(PasswordRule.ProblemWith(longest, "a"));
        Assert.Contains("at most 128", PasswordRule.ProblemWith(longest + "x", "a"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hashes_are_PBKDF2_with_HMAC_SHA_512_and_at_least_210000_rounds()
    {
        await using var dashboard = await RunningDashboard.StartAsync(clock: new TestClock());
        var user = await RunningDashboard.AddUserAsync(dashboard.App.Services, "director", "plum kettle orbit");
        byte[] hash = Convert.FromBase64String(user.PasswordHash!);
        // Identity's format 3: marker, pseudo-random function (2 is HMAC-SHA-512), rounds, salt length.
        Assert.Equal((1, 2), (hash[0], BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(1))));
        Assert.InRange(BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(5)), 210_000, 1_000_000);
        Assert.InRange(BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(9)), 16, 64);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            RunningDashboard.AddUserAsync(dashboard.App.Services, "officer", "password1234"));
        Assert.Contains("tried first", refused.Message, StringComparison.Ordinal);
    }
}

public class OneTimeCodeTests
{
    // RFC 6238, appendix B, SHA-1: the last six of its eight digits.
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_RFC_6238(long seconds, string code)
    {
        byte[] secret = "12345678901234567890"u8.ToArray();
        var moment = DateTimeOffset.FromUnixTimeSeconds(seconds);
        Assert.Equal(code, OneTimeCode.At(secret, moment));
        Assert.Equal(seconds / 30, OneTimeCode.StepOf(secret, code, moment, null));
        Assert.Equal(seconds / 30, OneTimeCode.StepOf(secret, code, moment.AddSeconds(30), null));
        Assert.Null(OneTimeCode.StepOf(secret, code, moment.AddSeconds(60), null));
        Assert.Null(OneTimeCode.StepOf(secret, code, moment, spent: seconds / 30));
        Assert.Null(OneTimeCode.StepOf(secret, code + "0", moment, null));
    }

    // RFC 4648, section 10, without the padding.
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base_32_is_that_of_RFC_4648(string text, string encoded) =>
        Assert.Equal(encoded, OneTimeCode.Base32(System.Text.Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Recovery_codes_are_ten_long_and_read_however_they_are_typed()
    {
        var codes = RecoveryCode.NewSet();
        Assert.Equal(10, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Matches("^[A-Z2-7]{6}(-[A-Z2-7]{6}){3}$", code));
        Assert.Equal(RecoveryCode.HashOf(codes[0]), RecoveryCode.HashOf(codes[0].ToLowerInvariant().Replace('-', ' ')));
    }
}
