using System.CommandLine;
using System.Globalization;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Commands;

static class Options
{
    /// <summary>An option whose value is one of an enum's codes (an underscore may be left out: midp, mid_p).</summary>
    public static Option<T> Code<T>(string name, T standard, string description) where T : struct, Enum
    {
        var option = new Option<T>(name) { Description = $"{description} ({Codes.Of(standard)} when left out)", DefaultValueFactory = _ => standard };
        option.CustomParser = result =>
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (Codes.TryParseTyped<T>(text, out var value)) return value;
            result.AddError($"{name} must be one of {Codes.ListOf<T>()}, not '{text}'.");
            return standard;
        };
        return option;
    }

    /// <summary>A day as yyyy-MM-dd, whatever the machine's culture.</summary>
    public static Option<DateOnly> Day(string name, string description)
    {
        var option = new Option<DateOnly>(name) { Required = true, Description = $"{description}, yyyy-MM-dd" };
        option.CustomParser = result =>
        {
            if (result.Tokens is [var token] && DateOnly.TryParseExact(token.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
            result.AddError($"{name} must be a day as yyyy-MM-dd.");
            return default;
        };
        return option;
    }
}
