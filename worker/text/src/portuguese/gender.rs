//! The gender of a noun, which numbers before it take on: `duas mil casas`, `dois mil carros`.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gender {
    Masculine,
    Feminine,
}
use Gender::{Feminine, Masculine};

/// Masculine although they end in -a or as feminine nouns do.
const MASCULINE: &str = "dia dias problema problemas sistema sistemas programa programas tema temas mapa mapas clima climas \
    planeta planetas cometa cometas poeta poetas telefonema telefonemas grama gramas quilograma quilogramas \
    miligrama miligramas diagrama diagramas idioma idiomas cinema cinemas drama dramas fantasma fantasmas \
    teorema teoremas poema poemas esquema esquemas dilema dilemas sintoma sintomas trauma traumas aroma \
    aromas colega colegas atleta atletas turista turistas artista artistas dentista dentistas motorista \
    motoristas jornalista jornalistas especialista especialistas economista economistas ciclista ciclistas \
    policial pijama pijamas pirata piratas avião aviões espião espiões leão leões campeão campeões caminhão \
    caminhões ímã ímãs fã fãs guarda guardas panorama panoramas quilômetro mega giga quilo camarada camaradas \
    estratagema emblema emblemas enigma enigmas carma karma sofá";
/// Feminine although nothing in their ending says so.
const FEMININE: &str = "vez vezes noite noites tarde tardes mulher mulheres parte partes flor flores mão mãos luz luzes voz vozes \
    cor cores fase fases classe classes frase frases mãe mães lei leis rede redes sede sedes série séries \
    espécie espécies crise crises base bases chave chaves greve greves ponte pontes fonte fontes morte mortes \
    árvore árvores torre torres ave aves nuvem nuvens ordem ordens tribo tribos foto fotos moto motos irmã \
    irmãs maçã maçãs manhã manhãs razão razões nave naves dor dores cruz cruzes pele peles estante estantes \
    febre equipe equipes metade metades gente superfície sobremesa análise análises tese teses hipótese \
    hipóteses dose doses face faces rã rãs lã avelã avelãs raiz raízes atriz atrizes matriz matrizes vítima \
    vítimas tonelada toneladas libra libras";
/// Words in -a and -as that are no nouns.
const NO_NOUNS: &str = "a as à às da das na nas para pela pelas uma umas mas já era há agora ainda cada contra está estava fica \
    custa vira ganha joga e ou fora será nunca quando apenas antes acima através depois atrás mais menos \
    graças";
/// Adjectives that stand before a noun and have no gender of their own.
const NEUTRAL: &str = "grandes maiores melhores piores menores principais possíveis importantes diferentes simples últimos mil \
    grande maior melhor";
const FEMININE_ENDINGS: &[&str] = &[
    "ção", "ções", "são", "sões", "stão", "stões", "xão", "xões", "ião", "iões", "dade", "dades",
    "tude", "tudes", "gem", "gens", "a", "as", "ície", "ícies",
];

fn lists(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|known| known == word)
}

/// The gender of the noun that `rest` begins with; masculine where there is none.
pub(super) fn of_noun(rest: &str) -> Gender {
    let mut words = rest.split(' ').filter(|word| !word.is_empty()).take(3);
    let mut noun = words.next().unwrap_or_default();
    while lists(NEUTRAL, noun) {
        noun = words.next().unwrap_or_default();
    }
    let letters = noun
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(noun.len());
    let noun = noun.get(..letters).unwrap_or_default().to_lowercase();
    let is_feminine = lists(FEMININE, &noun)
        || FEMININE_ENDINGS.iter().any(|ending| noun.ends_with(ending))
            && !lists(MASCULINE, &noun)
            && !lists(NO_NOUNS, &noun)
            && !noun.ends_with("omem");
    if is_feminine { Feminine } else { Masculine }
}

impl Gender {
    /// The word in this gender, given in the masculine: `primeiro` to `primeira`, `segundos` to `segundas`.
    pub(super) fn of_adjective(self, word: &str) -> String {
        match self {
            Masculine => word.to_owned(),
            Feminine => word
                .strip_suffix('o')
                .map(|stem| format!("{stem}a"))
                .or_else(|| word.strip_suffix("os").map(|stem| format!("{stem}as")))
                .unwrap_or_else(|| word.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_have_the_gender_of_their_ending_or_their_own() {
        for noun in [
            "casas novas",
            "nações",
            "cidade,",
            "garagens",
            "mãos",
            "grandes casas",
            "viagem",
            "opiniões",
        ] {
            assert_eq!(of_noun(noun), Feminine, "{noun}");
        }
        for noun in [
            "dias",
            "carros",
            "homens",
            "aviões",
            "mapas",
            "",
            "para ela",
            "irmãos",
            "novos temas",
            "km",
        ] {
            assert_eq!(of_noun(noun), Masculine, "{noun}");
        }
    }
}
