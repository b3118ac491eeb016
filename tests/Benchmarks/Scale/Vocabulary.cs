using Messaging.Projections.Conversations.Search;

namespace Messaging.Benchmarks.Scale;

/// <summary>A text, and its words as the search has them.</summary>
/// <param name="Words">What <see cref="SearchText.Stored"/> makes of it.</param>
internal sealed record Phrase(string Text, string Words)
{
    public static Phrase Of(string text) => new(text, SearchText.Stored(text));
}

/// <summary>
/// Text as offices and their customers write it: German and English, a few words in most sentences and many in few, as
/// in every language. Sentences are made once, and then used again and again, some of them a hundred times more often
/// than others.
/// </summary>
internal sealed class Vocabulary
{
    private const string German =
        "und die der wir bitte Sie für noch den mit im ist nicht das auf Belege Rechnung Rechnungen Unterlagen "
            + "Oktober November März Januar Steuer schicken fehlen "
        + "Kassenbericht Kassenberichte Kontoauszüge Umsatzsteuer Voranmeldung Lohnabrechnung Mitarbeiter Gehalt "
            + "Finanzamt Bescheid prüfen geprüft gebucht buchen Buchung "
        + "Zahlung Betrag Euro Frist morgen heute Woche Monat Jahr Vertrag Miete Leasing Fahrzeug Versicherung "
            + "Anlage Datei Anhang erhalten gesendet offen erledigt "
        + "klären Rückfrage Antwort Danke Grüße freundlichen Herr Frau Kunde Lieferant Angebot Auftrag Gutschrift "
            + "Mahnung Skonto Konto Bank Überweisung Lastschrift "
        + "Betriebsprüfung Jahresabschluss Bilanz Inventur Reisekosten Bewirtung Spende Darlehen Zinsen "
            + "Abschreibung Rückstellung Minijob Krankenkasse Elternzeit Kündigung "
        + "Stundenzettel Urlaub Bonus Dienstwagen Fahrtenbuch Grundstück Gewerbesteuer Körperschaftsteuer "
            + "Einspruch Fristverlängerung Vollmacht Gesellschafter Handelsregister";

    private const string English =
        "the and please for invoice invoices we you is are with receipt receipts payment payments missing send "
            + "attached file files month year account bank statement "
        + "question answer thanks regards tax return deadline tomorrow today week contract rent salary payroll "
            + "employee employees travel expenses approved booked check "
        + "company companies supplier customer order delivery credit note reminder transfer balance audit report "
            + "loan interest insurance vehicle donation inventory deduction "
        + "corporate dividend shareholder power attorney extension objection refund pension allowance overtime "
            + "resignation maternity depreciation provision";

    private static readonly string[] s_names =
        ("Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter "
            + "Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner "
            + "Krause Lehmann Köhler Herrmann König Walter Mayer Huber Kaiser Fuchs Peters Lang Scholz Möller Weiß "
            + "Jung Hahn Schubert Vogel Friedrich Keller Günther Frank Berger Winkler Roth Beck Lorenz Baumann Franke "
            + "Albrecht Schuster Simon Ludwig Böhm Winter Kraus Martin Schumacher Krämer Vogt Stein Jäger Otto Sommer "
            + "Groß Seidel Heinrich Brandt Haas Schreiber Graf Schulte Dietrich Ziegler Kuhn Kühn Pohl Engel Horn "
            + "Busch Bergmann Thomas Voigt Sauer Arnold Wolff Pfeiffer").Split(
            ' ');

    private static readonly string[] s_trades =
    [
        "Bäckerei", "Metzgerei", "Autohaus", "Gärtnerei", "Hotel", "Praxis", "Apotheke", "Elektro", "Bau", "Consulting",
        "Logistik", "Software", "Café", "Tischlerei", "Verlag", "Reisebüro"
    ];

    private static readonly string[] s_forms = ["GmbH", "AG", "KG", "OHG", "e.K.", "UG", "Ltd.", "& Söhne"];
    private static readonly string[] s_fileTypes = ["pdf", "pdf", "pdf", "xlsx", "jpg", "docx"];
    private static readonly string[] s_months =
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".Split(' ');

    private readonly Random _random;
    private readonly string[] _german;
    private readonly string[] _english;
    private readonly Phrase[] _sentences;
    private readonly Phrase[] _subjects;

    public Vocabulary(Random random, int sentences)
    {
        _random = random;

        // Compounds are what most German words are.
        var parts = German.Split(' ').Where(w => w.Length > 4 && char.IsUpper(w[0])).ToArray();
        string[] compounds = [.. parts.SelectMany(a => parts.Where(b => b != a).Select(b => a + b.ToLowerInvariant()))];
        random.Shuffle(compounds);
        _german = [.. German.Split(' '), .. s_names, .. compounds.Take(6_000)];
        _english = [.. English.Split(' '), .. s_names];
        _sentences = Phrases(sentences, 5, 12);
        _subjects = Phrases(sentences / 4, 2, 5);
    }

    public Phrase Subject() => Skewed(_subjects);

    public Phrase Sentence() => Skewed(_sentences);

    /// <summary>Something that hardly any other text has.</summary>
    public string Number() => $"RE{_random.Next(100_000_000):00000000}";

    public Phrase FileName(DateTimeOffset at) => Phrase.Of(
        $"{Zipf(_german)}_{s_months[at.Month - 1]}-{at.Year}.{s_fileTypes[_random.Next(s_fileTypes.Length)]}");

    public string Company(int number) =>
        $"{s_trades[number % s_trades.Length]} {s_names[number / s_trades.Length % s_names.Length]} "
            + $"{s_forms[number % s_forms.Length]} {number}";

    public string Person() => $"{s_names[_random.Next(s_names.Length)]}, {s_names[_random.Next(s_names.Length)]}";

    private Phrase[] Phrases(int count, int least, int most)
    {
        var phrases = new Phrase[count];
        for (var i = 0; i < count; i++)
        {
            var words = _random.Next(100) < 65 ? _german : _english;
            phrases[i] = Phrase.Of(
                string.Join(' ', Enumerable.Range(0, _random.Next(least, most)).Select(_ => Zipf(words))));
        }

        return phrases;
    }

    private Phrase Skewed(Phrase[] phrases) => phrases[(int)(phrases.Length * Math.Pow(_random.NextDouble(), 2.5))];

    // The n-th word is about n times as rare as the first.
    private string Zipf(string[] words) => words[(int)Math.Pow(words.Length + 1, _random.NextDouble()) - 1];
}
