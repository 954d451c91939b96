using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace SafetyAudit.Data;

/// <summary>JSON as this product writes it everywhere: snake_case names, enums as their codes.</summary>
public static class Json
{
    public static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = new SnakeCaseNames(),
        Converters = { new JsonStringEnumConverter(new SnakeCaseNames(), allowIntegerValues: false) },
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
    };

    sealed class SnakeCaseNames : JsonNamingPolicy
    {
        public override string ConvertName(string name) => Codes.SnakeCase(name);
    }
}
