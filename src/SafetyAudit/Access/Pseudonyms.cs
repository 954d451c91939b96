using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SafetyAudit.Access;

/// <summary>
/// Stands a pseudonym in the place of a patient's id: <c>pt1-</c> and 26 characters, 130 bits of an HMAC-SHA256 under a key that is not in the database.
/// The same id always has the same pseudonym, and without the key nobody can tell which, not even by trying all ids.
/// </summary>
/// <remarks>
/// Each key adds a layer: <c>pt2-</c> is the pseudonym of a <c>pt1-</c> under the second key, since ids are not kept and can't be taken anew. So a value that
/// already is a pseudonym of this installation, from a file exported at any time, is brought up through the layers it lacks.
/// </remarks>
/// <param name="keys">The keys.</param>
/// <param name="layers">How many layers the database uses: the number of its newest key.</param>
public sealed class Pseudonyms(KeyRing keys, int layers)
{
    // Crockford's alphabet: no letter that is taken for a digit or another letter.
    const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    const int Length = 26;
    static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    /// <summary>The pseudonym of a patient's id; null for a pseudonym with a layer that this database does not have.</summary>
    /// <param name="id">An id, trimmed and in normal form, or a pseudonym.</param>
    public string? Of(string id)
    {
        int layer = LayerOf(id);
        if (layer > layers) return null;
        while (layer < layers) id = Under(++layer, id);
        return id;
    }

    /// <summary>How many layers a pseudonym has; 0 for anything that is none.</summary>
    public static int LayerOf(string value)
    {
        int dash = value.Length - Length - 1;
        if (dash < 3 || value[dash] != '-' || !value.StartsWith("pt", StringComparison.Ordinal) || value[2] == '0') return 0;
        if (!int.TryParse(value.AsSpan(2, dash - 2), NumberStyles.None, CultureInfo.InvariantCulture, out int layer)) return 0;
        return value.AsSpan(dash + 1).ContainsAnyExcept(Characters) ? 0 : layer;
    }

    string Under(int layer, string value)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(keys.Key(KeyPurpose.Patients, layer), Encoding.UTF8.GetBytes(value), hash);
        var text = new StringBuilder("pt", 3 + 3 + Length).Append(CultureInfo.InvariantCulture, $"{layer}-");
        // Five bits a character, from the front.
        for (int bit = 0; bit < Length * 5; bit += 5)
        {
            int two = hash[bit / 8] << 8 | hash[bit / 8 + 1];
            text.Append(Alphabet[two >> (11 - bit % 8) & 31]);
        }
        return text.ToString();
    }
}
